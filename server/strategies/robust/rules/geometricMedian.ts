import { pass } from "../program.ts";
import type { Rule } from "./rule.ts";

export interface GeometricMedianOptions {
  /** Distance below which a row gets no more weight; 1e-6 when absent. */
  readonly smoothing?: number;
  /** Length of the gradient of the mean distance, 0..1, at which the steps end; 1e-6 when absent. */
  readonly tolerance?: number;
  /** Most steps; 100 when absent. */
  readonly iterations?: number;
}

/**
 * The point with the smallest sum of distances to the rows, by smoothed Weiszfeld steps
 *
 *   z ← Σ βᵢ xᵢ / Σ βᵢ,   βᵢ = 1 / max(smoothing, |z - xᵢ|)
 *
 * from the coordinate-wise median: from the mean, a row 1e30 away would cost some hundred steps.
 * Source: Pillutla et al. 2022, Algorithm 2 ("RFA"), arXiv:1912.13445, with equal weights.
 */
export function geometricMedian(options: GeometricMedianOptions): Rule {
  const { smoothing = 1e-6, tolerance = 1e-6, iterations = 100 } = options;
  return function* (view) {
    const numRows = view.mix.rows.length;
    const start = (yield* pass(view, { kind: "median" })).values;
    let at = yield* pass(view, { kind: "move", vector: start, weights: new Float64Array(numRows) });
    for (let step = 0; step < iterations; step++) {
      const distances = at.sums.subarray(0, numRows).map(Math.sqrt);
      const betas = distances.map((distance) => 1 / Math.max(smoothing, distance));
      // A row at the start would hold the point there for many steps, whether or not it belongs there.
      if (step === 0) for (let i = 0; i < numRows; i++) if ((distances[i] as number) < smoothing) betas[i] = 0;
      const total = betas.reduce((sum, beta) => sum + beta, 0);
      if (total === 0) break;
      at = yield* pass(view, { kind: "move", vector: at.values, weights: betas.map((beta) => beta / total) });
      // Step times total is the gradient: at most the number of rows, and free of their scale.
      if (Math.sqrt(at.sums[numRows] as number) * total <= tolerance * numRows) break;
    }
    return at.values;
  };
}
