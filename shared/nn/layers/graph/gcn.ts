import { assertPositiveInteger } from "../../../base/assert.ts";
import { add, constant, matmul, mul, rsqrt } from "../../../graph/ops.ts";
import { glorotUniform, zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { keepNodes } from "../../messagePassing/keepNodes.ts";
import { neighbourCount } from "../../messagePassing/neighbourCount.ts";
import { neighbourSum } from "../../messagePassing/neighbourSum.ts";
import { nodeGraph } from "../../messagePassing/nodeGraph.ts";

/**
 * Graph convolution `D^-½ (A + I) D^-½ X w + b`, D the degrees of A + I: the layer adds the loops. An activation follows as
 * a layer of its own.
 * Shapes: x [batch, nodes, inFeatures] (dense) or [nodes, inFeatures] (sparse), w [inFeatures, outFeatures], b [outFeatures].
 * Init: w uniform after Glorot, b zero. Source: Kipf and Welling 2017, eq. 2, arXiv:1609.02907, which has no b.
 * @throws RangeError if a feature count is not a positive integer.
 */
export function gcn(inFeatures: number, outFeatures: number): Layer<"w" | "b"> {
  assertPositiveInteger("inFeatures", inFeatures);
  assertPositiveInteger("outFeatures", outFeatures);
  return {
    name: `gcn(${inFeatures}, ${outFeatures})`,
    document: { kind: "gcn", inFeatures, outFeatures },
    init: { w: glorotUniform([inFeatures, outFeatures], inFeatures, outFeatures), b: zeros([outFeatures]) },
    apply({ w, b }, x, ctx) {
      const graph = nodeGraph("gcn", x, ctx, inFeatures);
      // Scaling the nodes before and after the sum is scaling each edge by both of its ends, and costs a row a node.
      const scale = rsqrt(add(neighbourCount(graph), constant(1)));
      const scaled = mul(matmul(x, w), scale);
      const gathered = mul(add(neighbourSum(graph, scaled), scaled), scale);
      return keepNodes(graph, add(gathered, b));
    },
  };
}
