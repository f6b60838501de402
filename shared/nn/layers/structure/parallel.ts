import { concat } from "../../../graph/ops.ts";
import { applyLayers, composeDocuments, composeInit } from "../../composeLayers.ts";
import type { Layer } from "../../layer.ts";

/**
 * Branches that see the same x; what they give stands next to each other along the last axis. A branch without layers is x.
 * Source: Szegedy et al. 2015, section 4 (inception), arXiv:1409.4842.
 * @throws RangeError when traced, if the branches differ in another axis.
 */
export function parallel(branches: readonly (readonly Layer[])[]): Layer {
  const documents = branches.map(composeDocuments);
  const known = documents.every((branch) => branch !== undefined);
  return {
    name: `parallel of ${branches.length}`,
    ...(known && { document: { kind: "parallel", branches: documents } }),
    init: Object.assign({}, ...branches.map((layers, i) => composeInit(layers, `branches.${i}`))),
    apply(params, x, ctx) {
      const results = branches.map((layers, i) => applyLayers(layers, `branches.${i}`, params, x, ctx));
      return concat(results, results[0]!.shape.length - 1);
    },
  };
}
