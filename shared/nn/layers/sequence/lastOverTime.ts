import { constant, cumulativeSum, equal, mul, reduceSum, reshape, slice } from "../../../graph/ops.ts";
import type { Layer } from "../../layer.ts";
import { assertSequence } from "./assertSequence.ts";

/**
 * The last step, of those that `ctx.mask` leaves where there is one; 0 where it leaves none.
 * Shapes: x [batch, time, features] -> [batch, features].
 */
export function lastOverTime(): Layer<never> {
  return {
    name: "lastOverTime",
    document: { kind: "lastOverTime" },
    init: {},
    apply(_, x, { mask }) {
      const { batch, time, features } = assertSequence("lastOverTime", x, mask);
      if (!mask) return reshape(slice(x, 1, time - 1, 1), [batch, features]);
      // Steps from each one on: 1 at the last step with data and at the padding behind an earlier one.
      const remaining = cumulativeSum(mask, 1, { reverse: true });
      const isLast = mul(mask, equal(remaining, constant(1)));
      return reduceSum(mul(x, reshape(isLast, [batch, time, 1])), [1]);
    },
  };
}
