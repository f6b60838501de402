import { medianOf } from "../kernels/orderStatistics.ts";
import { clipRows } from "../preSteps/boundNorms.ts";
import { pass, rowNorms, squaredDistances } from "../program.ts";
import { meanRow, scaleRows, selectRows } from "../rowMix.ts";
import { majorityCluster } from "./majorityCluster.ts";
import type { Rule } from "./rule.ts";

/**
 * FLAME: the majority of rows that point one way, clipped to the median length of all rows, averaged, and Gaussian noise
 * of standard deviation noiseMultiplier · that length on each coordinate, from the context's seed.
 * Source: Nguyen et al. 2022, Algorithm 1, arXiv:2101.02281, with the angles between deltas instead of those between whole
 * models, which differ little from each other. The noise blurs backdoors; it is no privacy noise.
 */
export function flame(noiseMultiplier: number): Rule {
  return function* (view, { seed }) {
    const norms = yield* rowNorms(view);
    const directions = scaleRows(
      view.mix,
      norms.map((norm) => (norm > 0 ? 1 / norm : 0)),
    );
    const squared = yield* squaredDistances({ ...view, mix: directions });
    // 1 - cos = |a - b|² / 2 for directions a and b; a row of zeros has no direction and is as far as a right angle.
    const hasDirection = (i: number): boolean => (norms[i] as number) > 0;
    const cosineDistances = squared.map((row, i) =>
      row.map((value, j) => (hasDirection(i) && hasDirection(j) ? value / 2 : 1)),
    );
    const members = majorityCluster(cosineDistances);
    const clipNorm = medianOf(norms.slice());
    const clipped = clipRows(view.mix, norms, clipNorm);
    const last = { ...view, mix: meanRow(selectRows(clipped, members)) };
    const stdDev = noiseMultiplier * clipNorm;
    if (stdDev === 0) return (yield* pass(last, { kind: "combination" })).values;
    return (yield* pass(last, { kind: "noisy-combination", stdDev, seed })).values;
  };
}
