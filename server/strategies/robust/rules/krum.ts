import { pass, squaredDistances } from "../program.ts";
import { selectRows } from "../rowMix.ts";
import { meanOfRows } from "./meanOfRows.ts";
import type { Rule } from "./rule.ts";

/** The row whose n - byzantine - 2 nearest others are nearest. Source: Blanchard et al. 2017, section 4, "Krum". */
export function krum(byzantine: number): Rule {
  return multiKrum(byzantine, 1);
}

/** Mean of the `selected` (n - byzantine when absent) rows of the lowest Krum scores. Source: Blanchard et al. 2017, "Multi-Krum". */
export function multiKrum(byzantine: number, selected?: number): Rule {
  return function* (view) {
    const distances = yield* squaredDistances(view);
    const all = distances.map((_, i) => i);
    const scores = krumScores(distances, all, byzantine);
    // A stable sort: of equal scores the earlier client comes first.
    const best = all.sort((a, b) => (scores[a] as number) - (scores[b] as number));
    const chosen = selectRows(view.mix, best.slice(0, selected ?? all.length - byzantine));
    return yield* meanOfRows({ ...view, mix: chosen });
  };
}

/**
 * Takes Krum's choice out of the rows n - 2 byzantine times, then the mean of each coordinate's values nearest to the
 * median of those taken, 2 byzantine fewer than were taken.
 * Source: El Mhamdi et al. 2018, section 4, arXiv:1802.07927. Each of Krum's choices is among the rows that are left.
 */
export function bulyan(byzantine: number): Rule {
  return function* (view) {
    const distances = yield* squaredDistances(view);
    const left = distances.map((_, i) => i);
    const wanted = left.length - 2 * byzantine;
    const taken: number[] = [];
    while (taken.length < wanted) {
      const scores = krumScores(distances, left, byzantine);
      taken.push(...left.splice(indexOfLowest(scores), 1));
    }
    const chosen = {
      ...view,
      mix: selectRows(
        view.mix,
        taken.sort((a, b) => a - b),
      ),
    };
    return (yield* pass(chosen, { kind: "near-median-mean", count: wanted - 2 * byzantine })).values;
  };
}

/**
 * Of each row among `rows` the sum of its squared distances to the rows.length - byzantine - 2 nearest others, at least to
 * one: with 3 rows left and one of them hostile Bulyan would otherwise find them all equally good.
 */
function krumScores(distances: readonly Float64Array[], rows: readonly number[], byzantine: number): readonly number[] {
  const numNeighbours = Math.max(1, rows.length - byzantine - 2);
  return rows.map((row) => {
    const others = rows.filter((other) => other !== row);
    const ofRow = distances[row] as Float64Array;
    const nearest = Float64Array.from(others, (other) => ofRow[other] as number).sort();
    return nearest.subarray(0, numNeighbours).reduce((sum, distance) => sum + distance, 0);
  });
}

function indexOfLowest(values: readonly number[]): number {
  let lowest = 0;
  for (const [i, value] of values.entries()) if (value < (values[lowest] as number)) lowest = i;
  return lowest;
}
