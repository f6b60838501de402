import { OPSET_VERSION } from "../graph/opset.ts";
import type { Shape } from "../graph/tensor.ts";
import type { Layer } from "../nn/layer.ts";
import type { LossDocument } from "../nn/losses/lossDocument.ts";
import type { Model } from "./model.ts";
import { modelFromDocument } from "./modelFromDocument.ts";
import { parseModelDocument } from "./parseModelDocument.ts";

export interface ModelDefinition {
  readonly name: string;
  /** Shape of one example, and x = raw * scale + offset (scale 1, offset 0 when absent). */
  readonly input: { readonly shape: Shape; readonly scale?: number; readonly offset?: number };
  readonly layers: readonly Layer[];
  /** A name, or a kind with its options: "softmaxCrossEntropy", { kind: "huber", delta: 0.5 }. */
  readonly loss: LossDocument;
}

/**
 * A model from layers in code; its `document` is what travels.
 * @throws TypeError for a layer that has no document or a value out of bounds, RangeError for layers that do not fit.
 */
export function defineModel({ name, input, layers, loss }: ModelDefinition): Model {
  const documents = layers.map((layer, i) => {
    if (!layer.document) throw new TypeError(`layers.${i} ${layer.name} has no document, so no client could build it`);
    return layer.document;
  });
  const document = parseModelDocument({
    format: "headwater-model/1",
    opset: OPSET_VERSION,
    name,
    input: { shape: [...input.shape], scale: input.scale ?? 1, offset: input.offset ?? 0 },
    layers: documents,
    loss,
  });
  return modelFromDocument(document);
}
