import type { Shape, Tensor } from "../graph/tensor.ts";

/** Structure of the graphs of a batch, as the layers of graph networks read it. */
export type GraphContext =
  /** A few small graphs: adjacency [batch, nodes, nodes] without self loops, mask [batch, nodes] (1: a node, 0: padding). */
  | { readonly kind: "dense"; readonly adjacency: Tensor; readonly mask: Tensor }
  /**
   * One list of directed edges over the nodes of the whole batch: sources and targets i32 [edges], those of one target next
   * to each other; `numNodes` rows, as many for each of `numGraphs` graphs; mask [numNodes] (1: a node, 0: padding).
   */
  | {
      readonly kind: "sparse";
      readonly sources: Tensor;
      readonly targets: Tensor;
      readonly numNodes: number;
      readonly numGraphs: number;
      readonly mask: Tensor;
    }
  /**
   * Cell complexes up to dimension 2: boundary matrices nodeEdge [batch, nodes, edges] and edgeCell [batch, edges, cells], the
   * mask of nodes, edges and cells in this order [batch, nodes + edges + cells].
   */
  | { readonly kind: "complex"; readonly nodeEdge: Tensor; readonly edgeCell: Tensor; readonly mask: Tensor };

/** What a layer may need beside its params and its input. */
export interface ApplyContext {
  readonly mode: "train" | "evaluate";
  /**
   * Fresh uniform values over [0, 1) for dropout masks, drawn anew at each step. Within the body of a scan they would be the
   * same at each trip: draw them before it, as one of its sequences.
   * @throws TypeError where the caller supplies no generator (evaluation).
   */
  random(shape: Shape): Tensor;
  /** State out: the value that a statistic (a running mean) takes after this step. Ignored when evaluating. */
  updateStatistic(statistic: Tensor, value: Tensor): void;
  /** [batch, time]: 1 where a position holds data, 0 where it is padding; absent where all do. Set by a `masked` layer. */
  readonly mask?: Tensor;
  /** The graphs that the nodes belong to. Set by `denseGraph`, `sparseGraph` and `cellComplex` layers. */
  readonly graph?: GraphContext;
  /** Time steps that lie folded in the batch axis, the first step of all examples first. Set by a `spiking` layer. */
  readonly spikingSteps?: number;
}

/** The context of evaluation and prediction: no randomness, no state out. */
export const evaluateContext: ApplyContext = {
  mode: "evaluate",
  random() {
    throw new TypeError("random values are drawn while training only; check ctx.mode first");
  },
  updateStatistic() {},
};
