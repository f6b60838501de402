import { assertFinite } from "../../base/assert.ts";
import { constant, exp, greater, minimum, mul, sub, where } from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Layer } from "../layer.ts";

/**
 * x where x > 0, else alpha · (e^x - 1), element by element; alpha 1 when absent.
 * Source: Clevert et al. 2016, eq. 15, arXiv:1511.07289.
 * @throws TypeError if alpha is NaN or infinite.
 */
export function elu(alpha?: number): Layer<never> {
  if (alpha !== undefined) assertFinite("alpha", alpha);
  return {
    name: alpha === undefined ? "elu" : `elu(${alpha})`,
    document: { kind: "elu", ...(alpha !== undefined && { alpha }) },
    init: {},
    apply: (_, x) => exponentialLinear(x, alpha ?? 1),
  };
}

/** The function of `elu` on its own. */
export function exponentialLinear(x: Tensor, alpha: number): Tensor {
  const zero = constant(0);
  // The power is taken of min(x, 0): that of a large x would overflow, and 0 times infinity is no gradient.
  return where(greater(x, zero), x, mul(sub(exp(minimum(x, zero)), constant(1)), constant(alpha)));
}
