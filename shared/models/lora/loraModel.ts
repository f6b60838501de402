import { assertInteger } from "../../base/assert.ts";
import type { LayerDocument } from "../../nn/layer.ts";
import { layerFromDocument } from "../../nn/layerFromDocument.ts";
import type { LoraOptions } from "../../nn/layers/structure/lora.ts";
import type { Model } from "../model.ts";
import type { ModelDocument } from "../modelDocument.ts";
import { modelFromDocument } from "../modelFromDocument.ts";
import { parseModelDocument } from "../parseModelDocument.ts";
import { mapNestedLayers, nestedLayers } from "./nestedLayers.ts";

export interface LoraModelOptions extends LoraOptions {
  /** Which of the document's layers get adapters, by index; all of them when absent. */
  readonly layers?: readonly number[];
  /** Kinds that get adapters, at any depth; linear maps, attention and transformer blocks when absent. */
  readonly kinds?: readonly string[];
}

const ADAPTED_KINDS = ["linear", "multiHeadAttention", "transformerBlock"];

/**
 * The model with low-rank adapters on its linear maps and everything else frozen: only the adapters are trained, travel and
 * are aggregated. Its frozen arrays have the names of the base model's; `loraParams` puts a checkpoint into them.
 * Source: Hu et al. 2021, section 4, arXiv:2106.09685.
 * @throws RangeError if nothing would get an adapter, the model has some already, or a layer does not exist.
 */
export function loraModel(base: ModelDocument, { layers, kinds = ADAPTED_KINDS, ...options }: LoraModelOptions): Model {
  for (const index of layers ?? []) assertInteger("layers", index, 0, base.layers.length - 1);
  let adapters = 0;

  function adapt(document: LayerDocument): LayerDocument {
    if (document.kind === "lora") throw new RangeError("lora expected a model without adapters, got one with");
    if (kinds.includes(document.kind)) {
      adapters++;
      return { kind: "lora", layer: document, ...options };
    }
    // What only holds layers stays; what has arrays of its own beside them is frozen as a whole.
    const within = nestedLayers(document).reduce((count, inner) => count + numArrays(inner), 0);
    return within > 0 && within === numArrays(document) ? mapNestedLayers(document, adapt) : freezeLayer(document);
  }

  const adapted = base.layers.map((document, i) =>
    layers && !layers.includes(i) ? freezeLayer(document) : adapt(document),
  );
  if (adapters === 0) throw new RangeError(`lora expected a layer of ${kinds.join(", ")}, got none`);
  return modelFromDocument(parseModelDocument({ ...base, name: `${base.name.slice(0, 95)} LoRA`, layers: adapted }));
}

function freezeLayer(document: LayerDocument): LayerDocument {
  return numArrays(document) > 0 ? { kind: "frozen", layer: document } : document;
}

function numArrays(document: LayerDocument): number {
  return Object.keys(layerFromDocument(document).init).length;
}
