import { mul, sigmoid } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** x · sigmoid(x), also known as swish. Source: Elfwing et al. 2018, eq. 6, arXiv:1702.03118. */
export function silu(): Layer<never> {
  return { name: "silu", document: { kind: "silu" }, init: {}, apply: (_, x) => mul(x, sigmoid(x)) };
}
