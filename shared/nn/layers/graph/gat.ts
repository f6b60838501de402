import { assertFinite, assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, matmul, maximum, mul, reduceMean, reduceSum, reshape } from "../../../graph/ops.ts";
import type { Tensor } from "../../../graph/tensor.ts";
import { glorotUniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { attendToNeighbours } from "../../messagePassing/attendToNeighbours.ts";
import { keepNodes } from "../../messagePassing/keepNodes.ts";
import { nodeGraph } from "../../messagePassing/nodeGraph.ts";

export interface GatOptions {
  /** Of the leaky ReLU on the scores, 0 .. 1; 0.2 when absent. */
  readonly negativeSlope?: number;
  /** Whether the heads lie side by side (heads · outFeatures features, the default) or are averaged (the last layer). */
  readonly concat?: boolean;
}

/**
 * Graph attention: each node hears itself and its neighbours by softmax weights of `leakyRelu(source·h_j + target·h_i)`,
 * h = x·w, in each of several heads.
 * Shapes: x [batch, nodes, inFeatures] (dense) or [nodes, inFeatures] (sparse), w [inFeatures, heads · outFeatures], source and
 * target [heads, outFeatures], b as long as the result is wide -> [..., heads · outFeatures], or [..., outFeatures] averaged.
 * Init: uniform after Glorot, b zero. Cost: heads · nodes² an example in the dense form.
 * Source: Velickovic et al. 2018, eq. 3 to 6, arXiv:1710.10903, without the dropout of weights; b as in the authors' code.
 * @throws RangeError if a count is not a positive integer or the slope lies outside [0, 1].
 */
export function gat(
  inFeatures: number,
  outFeatures: number,
  heads: number,
  options: GatOptions = {},
): Layer<"w" | "source" | "target" | "b"> {
  const { negativeSlope = 0.2, concat = true } = options;
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  assertPositiveInteger("heads", heads);
  assertFinite("negativeSlope", negativeSlope, 0, 1);
  const width = heads * outFeatures;
  return {
    name: `gat(${inFeatures}, ${outFeatures}, ${heads})`,
    document: { kind: "gat", inFeatures, outFeatures, heads, ...options },
    init: {
      w: glorotUniform([inFeatures, width], inFeatures, width),
      // The paper's vector a maps the two nodes of an edge, side by side, to one score.
      source: glorotUniform([heads, outFeatures], 2 * outFeatures, 1),
      target: glorotUniform([heads, outFeatures], 2 * outFeatures, 1),
      b: zeros([concat ? width : outFeatures]),
    },
    apply({ w, source, target, b }, x, ctx) {
      const graph = nodeGraph("gat", x, ctx, inFeatures);
      const rows = x.shape.slice(0, -1);
      const h = reshape(matmul(x, w), [...rows, heads, outFeatures]);
      const score = (a: Tensor): Tensor => reduceSum(mul(h, a), [rows.length + 1]);
      const leaky = (e: Tensor): Tensor => maximum(e, mul(e, constant(negativeSlope)));
      const heard = attendToNeighbours(graph, h, score(source), score(target), leaky);
      const joined = concat ? reshape(heard, [...rows, width]) : reduceMean(heard, [rows.length]);
      return keepNodes(graph, add(joined, b));
    },
  };
}
