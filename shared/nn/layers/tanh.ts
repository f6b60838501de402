import { tanh as tanhOp } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** Hyperbolic tangent, element by element. */
export function tanh(): Layer<never> {
  return { name: "tanh", document: { kind: "tanh" }, init: {}, apply: (_, x) => tanhOp(x) };
}
