import { constant, mul } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";
import { exponentialLinear } from "./elu.ts";

const ALPHA = 1.6732632423543772;
const SCALE = 1.0507009873554805;

/**
 * 1.0507 · elu(x, 1.6733): keeps mean 0 and variance 1 where weights begin as "lecunNormal".
 * Source: Klambauer et al. 2017, eqs. 2 and 14, arXiv:1706.02515.
 */
export function selu(): Layer<never> {
  return {
    name: "selu",
    document: { kind: "selu" },
    init: {},
    apply: (_, x) => mul(exponentialLinear(x, ALPHA), constant(SCALE)),
  };
}
