import { trainerOn } from "../createLocalTrainer.ts";
import { type ClientHalf, type HalfOptions, withProximal } from "./half.ts";
import { combine, gradientRanges } from "./linearCorrection.ts";

const GRADIENT = "gradient";

export interface FedDynHalfOptions extends HalfOptions {
  /** Factor of the proximal term, above 0. */
  readonly alpha: number;
}

/**
 * FedDyn: the client minimises L(w) - <gᵢ, w> + alpha/2 · |w - received w|², then remembers
 *
 *   gᵢ⁺ = gᵢ - alpha · (w - received w),  which begins at 0.
 *
 * Statistics and private params have no gᵢ; private params are held near where the client's round began.
 * Source: Acar et al. 2021, Algorithm 1, arXiv:2111.04263.
 */
export function fedDynHalf({ bench, plan, alpha }: FedDynHalfOptions): ClientHalf {
  const { spec } = bench.model;
  const length = spec.sharedLength;
  const ranges = gradientRanges(spec);
  const none = new Float32Array(length);
  const trainer = trainerOn(bench, {
    plan: withProximal(plan, alpha, "feddyn"),
    objective: { isCorrected: true },
  });
  return {
    keeps: { [GRADIENT]: length },
    compile: trainer.compile,
    begin: (request) => ({
      own: request.params,
      start(rng) {
        const own = request.kept.get(GRADIENT) ?? none;
        const training = trainer.start({ ...request, rng, correction: own.map((g) => -g) });
        return {
          ...training,
          finish() {
            const update = training.finish();
            return { ...update, kept: new Map([[GRADIENT, combine(ranges, [1, own], [-alpha, update.delta])]]) };
          },
        };
      },
    }),
  };
}
