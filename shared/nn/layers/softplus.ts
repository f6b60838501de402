import { abs, add, constant, exp, log, mul, neg } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** log(1 + e^x), element by element. Source: Dugas et al. 2001, eq. 4. */
export function softplus(): Layer<never> {
  return {
    name: "softplus",
    document: { kind: "softplus" },
    init: {},
    apply(_, x) {
      // max(x, 0) + log(1 + e^-|x|): no power overflows. As a half of x + |x| the maximum has a gradient of 1/2 at 0.
      const size = abs(x);
      return add(mul(add(x, size), constant(0.5)), log(add(exp(neg(size)), constant(1))));
    },
  };
}
