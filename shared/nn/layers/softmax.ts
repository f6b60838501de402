import { softmax as softmaxOp } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** e^x / Σ e^x along the last axis. The loss "softmaxCrossEntropy" takes logits: leave it out before that. */
export function softmax(): Layer<never> {
  return { name: "softmax", document: { kind: "softmax" }, init: {}, apply: (_, x) => softmaxOp(x) };
}
