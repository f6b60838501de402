import { sameShape, shapeText } from "../../graph/shape.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { ApplyContext, GraphContext } from "../applyContext.ts";

/** Graphs whose rows are all nodes. */
export type NodeGraph = Exclude<GraphContext, { readonly kind: "complex" }>;

/**
 * The graphs that the nodes of x belong to.
 * @param layer named in errors.
 * @param features that x must have; any number when absent.
 * @throws TypeError outside of a `denseGraph` or `sparseGraph` layer, RangeError unless x is [batch, nodes, features] in the
 * dense form, [nodes of the batch, features] in the sparse one.
 */
export function nodeGraph(layer: string, x: Tensor, ctx: ApplyContext, features?: number): NodeGraph {
  const { graph } = ctx;
  if (graph === undefined || graph.kind === "complex") {
    throw new TypeError(`${layer} expected to be within a denseGraph or sparseGraph layer`);
  }
  const rows = graph.kind === "dense" ? graph.mask.shape : [graph.numNodes];
  if (!sameShape(x.shape, [...rows, features ?? x.shape.at(-1)!])) {
    throw new RangeError(
      `${layer} expected x ${`[${[...rows, features ?? "features"].join(", ")}]`}, got ${shapeText(x.shape)}`,
    );
  }
  return graph;
}
