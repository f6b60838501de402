import { exp } from "../../../../shared/base/math.ts";
import type { NormBound } from "../../../../shared/protocol/aggregationPlan.ts";
import { rowNorms } from "../program.ts";
import { quantileOf } from "../quantileOf.ts";
import { type RowMix, scaleRows } from "../rowMix.ts";
import type { PreStep } from "./preStep.ts";

/** How far from where it began a running bound may get: hostile updates must not move it where no round brings it back. */
const FARTHEST = 1000;

/**
 * Rows longer than the bound are shortened to it: x · min(1, bound / |x|).
 * @param name under which a running bound is kept, [1].
 */
export function boundNorms(bound: NormBound, name: string): PreStep {
  return function* (view, { kept, keep }) {
    const norms = yield* rowNorms(view);
    if ("norm" in bound) return clipRows(view.mix, norms, bound.norm);
    if (!("initial" in bound)) return clipRows(view.mix, norms, quantileOf(norms, bound.quantile));
    const running = kept.get(name)?.[0] ?? bound.initial;
    keep(name, Float64Array.of(nextBound(running, norms, bound)));
    return clipRows(view.mix, norms, running);
  };
}

/**
 * A bound that follows a quantile of the lengths: C · exp(-learningRate · (share of rows no longer than C - quantile)).
 * Source: Andrew et al. 2021, Algorithm 1 without its noise, arXiv:1905.03871.
 */
function nextBound(
  bound: number,
  norms: Float64Array,
  { quantile, initial, learningRate }: Extract<NormBound, { readonly initial: number }>,
): number {
  const share = norms.filter((norm) => norm <= bound).length / norms.length;
  const next = bound * exp(-learningRate * (share - quantile));
  return Math.min(Math.max(next, initial / FARTHEST), initial * FARTHEST);
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
