import { assertFinite } from "../../../shared/base/assert.ts";
import { roundParams } from "../roundParams.ts";
import type { ServerOptimizer } from "../serverOptimizer.ts";

export interface AdaptiveOptions {
  readonly kind: "fedadagrad" | "fedadam" | "fedyogi";
  /** eta of the paper, > 0. */
  readonly learningRate: number;
  /** Decay of the first moment, in [0, 1); when absent 0.9, and 0 under FedAdagrad: as in the paper. */
  readonly beta1?: number;
  /** Decay of the second moment, in [0, 1); 0.99 when absent. FedAdagrad has none. */
  readonly beta2?: number;
  /** Degree of adaptivity, > 0; 0.001 when absent. */
  readonly tau?: number;
}

/**
 * Adagrad, Adam and Yogi as server optimizers. With d = -pseudoGradient, the aggregated delta:
 *
 *   m = beta1 · m + (1 - beta1) · d
 *   v = v + d²                                   FedAdagrad
 *   v = beta2 · v + (1 - beta2) · d²             FedAdam
 *   v = v - (1 - beta2) · d² · sign(v - d²)      FedYogi
 *   params = params + learningRate · m / (sqrt(v) + tau)
 *
 * m begins at zero and v at tau². No bias is corrected: the paper's algorithm does not. Both moments stay in f64.
 * Source: Reddi et al. 2021, Algorithm 2, arXiv:2003.00295.
 * @throws RangeError or TypeError if an option is out of range.
 */
export function adaptive({
  kind,
  learningRate,
  beta1 = kind === "fedadagrad" ? 0 : 0.9,
  beta2 = 0.99,
  tau = 0.001,
}: AdaptiveOptions): ServerOptimizer {
  assertFinite("learningRate", learningRate, Number.MIN_VALUE);
  assertFinite("beta1", beta1, 0, 1 - Number.EPSILON);
  assertFinite("beta2", beta2, 0, 1 - Number.EPSILON);
  assertFinite("tau", tau, Number.MIN_VALUE);
  const nextSecond = {
    fedadagrad: (v: number, square: number) => v + square,
    fedadam: (v: number, square: number) => beta2 * v + (1 - beta2) * square,
    fedyogi: (v: number, square: number) => v - (1 - beta2) * square * Math.sign(v - square),
  }[kind];
  return {
    init: (numParams) =>
      new Map([
        ["first", new Float64Array(numParams)],
        ["second", new Float64Array(numParams).fill(tau * tau)],
      ]),
    step({ params, vectors }, pseudoGradient) {
      const lastFirst = vectors.get("first") as Float64Array;
      const lastSecond = vectors.get("second") as Float64Array;
      const first = pseudoGradient.map((gradient, i) => beta1 * (lastFirst[i] as number) - (1 - beta1) * gradient);
      const second = pseudoGradient.map((gradient, i) => nextSecond(lastSecond[i] as number, gradient * gradient));
      return {
        params: roundParams(
          params,
          first,
          (param, moment, i) => param + (learningRate * moment) / (Math.sqrt(second[i] as number) + tau),
        ),
        vectors: new Map([
          ["first", first],
          ["second", second],
        ]),
      };
    },
  };
}
