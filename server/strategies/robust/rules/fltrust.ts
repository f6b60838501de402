import { pass, rowNorms } from "../program.ts";
import { weighRows } from "../rowMix.ts";
import { hideAsRows } from "../updateRows.ts";
import type { Rule } from "./rule.ts";

/**
 * FLTrust: every row gets the length of the root delta g and the weight max(0, cos(x, g)). No row along g gives no move
 * at all: zeros.
 * Source: Cao et al. 2021, Algorithm 2, arXiv:2012.13995.
 * @throws RangeError if the root delta is zero: it has no direction to trust.
 */
export const fltrust: Rule = function* (view, { rootDelta }) {
  const root = hideAsRows(Float64Array.from(rootDelta as Float32Array), view.updates);
  const rootNorm = Math.sqrt(root.reduce((sum, value) => sum + value * value, 0));
  if (rootNorm === 0) throw new RangeError("the root delta expected a length above 0; train on more root data");
  const norms = yield* rowNorms(view);
  const { sums: dots } = yield* pass(view, { kind: "dots", vector: root });
  const trusts = norms.map((norm, i) => (norm > 0 ? Math.max(0, (dots[i] as number) / (norm * rootNorm)) : 0));
  const total = trusts.reduce((sum, trust) => sum + trust, 0);
  if (total === 0) return new Float64Array(view.updates.numParams);
  const weights = trusts.map((trust, i) => (trust > 0 ? (trust * rootNorm) / (norms[i] as number) : 0));
  return (yield* pass({ ...view, mix: weighRows(view.mix, weights, total) }, { kind: "combination" })).values;
};
