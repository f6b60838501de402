import { pass, squaredDistances } from "../program.ts";
import { selectRows } from "../rowMix.ts";
import { krumChoices, krumScores } from "./krumScores.ts";
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
    const scores = krumScores(distances, byzantine);
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
    const wanted = distances.length - 2 * byzantine;
    const taken = krumChoices(distances, byzantine, wanted).toSorted((a, b) => a - b);
    const chosen = { ...view, mix: selectRows(view.mix, taken) };
    return (yield* pass(chosen, { kind: "near-median-mean", count: wanted - 2 * byzantine })).values;
  };
}
