import { sigmoid as sigmoidOp } from "../../graph/ops.ts";
import type { Layer } from "../layer.ts";

/** 1 / (1 + e^-x), element by element. */
export function sigmoid(): Layer<never> {
  return { name: "sigmoid", document: { kind: "sigmoid" }, init: {}, apply: (_, x) => sigmoidOp(x) };
}
