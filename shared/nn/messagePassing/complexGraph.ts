import { sameShape, shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ApplyContext, GraphContext } from "../applyContext.ts";

export type ComplexGraph = Extract<GraphContext, { readonly kind: "complex" }>;

/**
 * The complexes that the cells of x belong to.
 * @param layer named in errors.
 * @param features that x must have; any number when absent.
 * @throws TypeError outside of a `cellComplex` layer, RangeError unless x is [batch, nodes + edges + cells, features].
 */
export function complexGraph(layer: string, x: Tensor, ctx: ApplyContext, features?: number): ComplexGraph {
  const { graph } = ctx;
  if (graph?.kind !== "complex") throw new TypeError(`${layer} expected to be within a cellComplex layer`);
  if (!sameShape(x.shape, [...graph.mask.shape, features ?? x.shape.at(-1)!])) {
    const expected = [...graph.mask.shape, features ?? "features"].join(", ");
    throw new RangeError(`${layer} expected x [${expected}], got ${shapeText(x.shape)}`);
  }
  return graph;
}
