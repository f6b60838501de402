import { layerFromDocument } from "../nn/layerFromDocument.ts";
import type { Model } from "./model.ts";
import type { ModelDocument } from "./modelDocument.ts";
import { modelFromLayers } from "./modelFromLayers.ts";

/**
 * The model that a (parsed) document describes.
 * @throws RangeError if the layers do not fit together or hold too many params.
 */
export function modelFromDocument(document: ModelDocument): Model {
  return modelFromLayers(document, document.layers.map(layerFromDocument));
}
