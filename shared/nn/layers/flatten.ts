import { reshape } from "../../graph/ops.ts";
import { numElements } from "../../graph/shape.ts";
import type { Layer } from "../layer.ts";

/** One row an example: x [batch, ...shape] -> [batch, elements of shape]. */
export function flatten(): Layer<never> {
  return {
    name: "flatten",
    document: { kind: "flatten" },
    init: {},
    apply: (_, x) => reshape(x, [x.shape[0]!, numElements(x.shape.slice(1))]),
  };
}
