import {
  abs,
  add,
  constant,
  div,
  equal,
  exp,
  gather,
  greater,
  matmul,
  maximum,
  mul,
  range,
  reshape,
  scatterAdd,
  segmentMax,
  softmax,
  stopGradient,
  sub,
  transpose,
  where,
} from "../../graph/ops.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { neighbourCount } from "./neighbourCount.ts";
import type { NodeGraph } from "./nodeGraph.ts";

/** So far below every score that its share rounds to 0, and finite, so that a row of nothing else has no NaN. */
const NO_EDGE = -1e30;

/**
 * For each node the mean of h over itself and its neighbours, weighted in each head by the softmax of
 * `activate(source of the neighbour + target of the node)`.
 * Shapes: h [...rows, heads, features], source and target [...rows, heads] -> that of h, rows being [batch, nodes] (dense) or
 * [nodes] (sparse).
 */
export function attendToNeighbours(
  graph: NodeGraph,
  h: Tensor,
  source: Tensor,
  target: Tensor,
  activate: (scores: Tensor) => Tensor,
): Tensor {
  return graph.kind === "dense"
    ? attendDense(graph, h, source, target, activate)
    : attendSparse(graph, h, source, target, activate);
}

/** All pairs of nodes are scored, and those without an edge masked. */
function attendDense(
  graph: Extract<NodeGraph, { kind: "dense" }>,
  h: Tensor,
  source: Tensor,
  target: Tensor,
  activate: (scores: Tensor) => Tensor,
): Tensor {
  const [batch, nodes, heads] = h.shape as [number, number, number];
  const numbers = range(nodes);
  const loops = equal(reshape(numbers, [nodes, 1]), numbers);
  const edges = reshape(greater(add(abs(graph.adjacency), loops), constant(0)), [batch, 1, nodes, nodes]);
  const ofTarget = reshape(transpose(target, [0, 2, 1]), [batch, heads, nodes, 1]);
  const ofSource = reshape(transpose(source, [0, 2, 1]), [batch, heads, 1, nodes]);
  const weights = softmax(where(edges, activate(add(ofTarget, ofSource)), constant(NO_EDGE)));
  return transpose(matmul(weights, transpose(h, [0, 2, 1, 3])), [0, 2, 1, 3]);
}

/**
 * Only edges are scored. The largest score of each node's own softmax is subtracted first, so that no exponential
 * overflows and at least one is 1; its loop, which is no edge of the list, is scored apart.
 */
function attendSparse(
  { sources, targets, numNodes, ...graph }: Extract<NodeGraph, { kind: "sparse" }>,
  h: Tensor,
  source: Tensor,
  target: Tensor,
  activate: (scores: Tensor) => Tensor,
): Tensor {
  const ofEdges = activate(add(gather(source, sources), gather(target, targets)));
  const ofLoops = activate(add(source, target));
  const hasEdges = neighbourCount({ ...graph, sources, targets, numNodes });
  const largest = stopGradient(where(hasEdges, maximum(segmentMax(ofEdges, targets, numNodes), ofLoops), ofLoops));
  const edges = exp(sub(ofEdges, gather(largest, targets)));
  const loops = exp(sub(ofLoops, largest));
  const total = add(scatterAdd(edges, targets, numNodes), loops);
  const spread = (weights: Tensor): Tensor => reshape(weights, [...weights.shape, 1]);
  const heard = scatterAdd(mul(gather(h, sources), spread(edges)), targets, numNodes);
  return div(add(heard, mul(h, spread(loops))), spread(total));
}
