import { relu as reluOp } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** max(x, 0), element by element. */
export function relu(): Layer<never> {
  return { name: "relu", document: { kind: "relu" }, init: {}, apply: (_, x) => reluOp(x) };
}
