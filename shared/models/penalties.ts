import * as v from "valibot";
import { assertFinite } from "../base/assert.ts";
import { add, constant, greater, mul, sub } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";

const factorSchema = v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1000)));

/**
 * What is added to the local objective for the trainable params w. Each factor lies in [0, 1000] and is 0 when absent. The
 * losses that are reported do not count them.
 */
export const penaltiesSchema = v.strictObject({
  /** l1 · Σ |w|, whose gradient at 0 is taken as 0. */
  l1: factorSchema,
  /** l2/2 · Σ w² */
  l2: factorSchema,
  /** proximal/2 · Σ (w - received w)², the term of FedProx. */
  proximal: factorSchema,
});

export type Penalties = Readonly<v.InferOutput<typeof penaltiesSchema>>;

interface PenalisedParam {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** The param as it was received; needed for a proximal term only. */
  readonly anchor?: Tensor | undefined;
}

/**
 * The gradient of the objective with its penalties: grad + l1 · sign(w) + l2 · w + proximal · (w - received w).
 * A term whose factor is 0 leaves no trace in the graph.
 * Source of the proximal term: Li et al. 2020, eq. 2 (FedProx), arXiv:1812.06127.
 * @throws RangeError if a factor is below 0.
 */
export function penalise({ l1 = 0, l2 = 0, proximal = 0 }: Penalties, { param, grad, anchor }: PenalisedParam): Tensor {
  for (const [name, factor] of Object.entries({ l1, l2, proximal })) assertFinite(`penalties.${name}`, factor, 0);
  const zero = constant(0);
  let sum = grad;
  if (l1 > 0) sum = add(sum, mul(constant(l1), sub(greater(param, zero), greater(zero, param))));
  if (l2 > 0) sum = add(sum, mul(constant(l2), param));
  if (proximal > 0) sum = add(sum, mul(constant(proximal), sub(param, anchor!)));
  return sum;
}
