import { add, constant, mul } from "../../../graph/ops.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import { zeros } from "../../initializer.ts";
import type { Layer } from "../../layer.ts";
import { keepNodes } from "../../messagePassing/keepNodes.ts";
import { neighbourSum } from "../../messagePassing/neighbourSum.ts";
import { nodeGraph } from "../../messagePassing/nodeGraph.ts";

export interface GinOptions {
  /** Whether epsilon is trained; true when absent. Where it is not it is 0 ("GIN-0"). */
  readonly trainEpsilon?: boolean;
}

/**
 * Graph isomorphism network: `MLP((1 + epsilon) x + sum of the neighbours of x)`, the MLP being the given layers.
 * Shapes: x [batch, nodes, features] (dense) or [nodes, features] (sparse), epsilon [1] -> what the layers make of x.
 * Init: epsilon zero. Source: Xu et al. 2019, eq. 4.1, arXiv:1810.00826.
 */
export function gin(layers: readonly Layer[], options: GinOptions = {}): Layer {
  const { trainEpsilon = true } = options;
  const documents = composeDocuments(layers);
  return {
    name: `gin(${layers.map(({ name }) => name).join(", ")})`,
    ...(documents && { document: { kind: "gin", layers: documents, ...options } }),
    init: { ...(trainEpsilon && { epsilon: zeros([1]) }), ...composeInit(layers, "layers") },
    apply(params, x, ctx) {
      const graph = nodeGraph("gin", x, ctx);
      const own = params.epsilon ? mul(x, add(params.epsilon, constant(1))) : x;
      const mixed = add(own, neighbourSum(graph, x));
      return keepNodes(graph, applyLayers(layers, "layers", params, mixed, ctx));
    },
  };
}
