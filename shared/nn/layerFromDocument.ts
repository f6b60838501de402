import type { Layer } from "./layer.ts";
import type { LayerDocument } from "./layerDocument.ts";
import { flatten } from "./layers/flatten.ts";
import { linear } from "./layers/linear.ts";
import { relu } from "./layers/relu.ts";
import { sigmoid } from "./layers/sigmoid.ts";
import { tanh } from "./layers/tanh.ts";

/** The layer that a document describes. */
export function layerFromDocument(document: LayerDocument): Layer {
  switch (document.kind) {
    case "linear": {
      const { inFeatures, outFeatures, init } = document;
      return linear(inFeatures, outFeatures, init ? { init } : {});
    }
    case "relu":
      return relu();
    case "tanh":
      return tanh();
    case "sigmoid":
      return sigmoid();
    case "flatten":
      return flatten();
  }
}
