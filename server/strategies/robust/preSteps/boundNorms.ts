import type { NormBound } from "../../../../shared/protocol/aggregationPlan.ts";
import { rowNorms } from "../program.ts";
import { quantileOf } from "../quantileOf.ts";
import { type RowMix, scaleRows } from "../rowMix.ts";
import type { PreStep } from "./preStep.ts";

/** Rows longer than the bound are shortened to it: x · min(1, bound / |x|). */
export function boundNorms(bound: NormBound): PreStep {
  return function* (view) {
    const norms = yield* rowNorms(view);
    return clipRows(view.mix, norms, "norm" in bound ? bound.norm : quantileOf(norms, bound.quantile));
  };
}

/**
 * ARC: shortens the ⌊2f (n - f) / n⌋ longest of n rows to the next longest, f of them hostile.
 * Source: Allouah et al. 2024, Algorithm 2, arXiv:2405.14432.
 */
export function adaptiveRobustClipping(byzantine: number): PreStep {
  return function* (view) {
    const norms = yield* rowNorms(view);
    const numClipped = Math.floor((2 * byzantine * (norms.length - byzantine)) / norms.length);
    const ascending = norms.slice().sort();
    return clipRows(view.mix, norms, ascending[norms.length - 1 - numClipped] as number);
  };
}

/** Shortens each row that is longer than the bound. `norms` are the lengths of the rows. */
export function clipRows(mix: RowMix, norms: Float64Array, bound: number): RowMix {
  return scaleRows(
    mix,
    norms.map((norm) => (norm > bound ? bound / norm : 1)),
  );
}
