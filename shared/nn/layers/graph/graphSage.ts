import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, div, matmul, where } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { glorotUniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { keepNodes } from "../../messagePassing/keepNodes.ts";
import { neighbourCount } from "../../messagePassing/neighbourCount.ts";
import { neighbourMax } from "../../messagePassing/neighbourMax.ts";
import { neighbourSum } from "../../messagePassing/neighbourSum.ts";
import { type NodeGraph, nodeGraph } from "../../messagePassing/nodeGraph.ts";

/** What each node hears of its neighbours; nothing (0) where it has none. */
const aggregators = {
  sum: neighbourSum,
  max: neighbourMax,
  mean(graph, x) {
    const count = neighbourCount(graph);
    return div(neighbourSum(graph, x), where(count, count, constant(1)));
  },
} satisfies Record<string, (graph: NodeGraph, x: Tensor) => Tensor>;

type GraphSageAggregator = keyof typeof aggregators;

export const GRAPH_SAGE_AGGREGATORS = Object.keys(aggregators) as GraphSageAggregator[];

/**
 * GraphSAGE convolution `x·self + aggregate(neighbours of x)·neighbours + b`, which is one matrix on the two concatenated.
 * Shapes: x [batch, nodes, inFeatures] (dense) or [nodes, inFeatures] (sparse), self and neighbours [inFeatures, outFeatures],
 * b [outFeatures]. Init: uniform after Glorot, b zero.
 * Source: Hamilton et al. 2017, Algorithm 1, lines 4 and 5, arXiv:1706.02216. All neighbours are heard, not a sample;
 * the maximum is taken of x itself, without the layer that the paper's pooling puts before; line 7 (unit length) is left out.
 * @throws RangeError if a feature count is not a positive integer.
 */
export function graphSage(
  inFeatures: number,
  outFeatures: number,
  aggregator: GraphSageAggregator = "mean",
): Layer<"self" | "neighbours" | "b"> {
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  const shape = [inFeatures, outFeatures];
  return {
    name: `graphSage(${inFeatures}, ${outFeatures}, ${aggregator})`,
    document: { kind: "graphSage", inFeatures, outFeatures, aggregator },
    init: {
      self: glorotUniform(shape, 2 * inFeatures, outFeatures),
      neighbours: glorotUniform(shape, 2 * inFeatures, outFeatures),
      b: zeros([outFeatures]),
    },
    apply({ self, neighbours, b }, x, ctx) {
      const graph = nodeGraph("graphSage", x, ctx, inFeatures);
      const heard = aggregators[aggregator](graph, x);
      return keepNodes(graph, add(add(matmul(x, self), matmul(heard, neighbours)), b));
    },
  };
}
