import { assertFinite } from "../../base/assert.ts";
import { constant, greater, mul, where } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/**
 * x where x > 0, else slope · x, element by element; slope 0.01 when absent. Source: Maas et al. 2013, section 2.
 * @throws TypeError if the slope is NaN or infinite.
 */
export function leakyRelu(slope?: number): Layer<never> {
  if (slope !== undefined) assertFinite("slope", slope);
  const below = constant(slope ?? 0.01);
  return {
    name: slope === undefined ? "leakyRelu" : `leakyRelu(${slope})`,
    document: { kind: "leakyRelu", ...(slope !== undefined && { slope }) },
    init: {},
    apply: (_, x) => where(greater(x, constant(0)), x, mul(x, below)),
  };
}
