import { readFileSync } from "node:fs";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createRng } from "../../shared/base/rng.ts";
import { loraParams } from "../../shared/models/lora/loraParams.ts";
import { mapNestedLayers } from "../../shared/models/lora/nestedLayers.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import type { LayerDocument } from "../../shared/nn/layer.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { UsageError } from "../experiment/usageError.ts";

/**
 * Params of a checkpoint to start from: of the model itself or, where it has adapters, of the model that it adapts; what a
 * checkpoint does not hold (adapters, private params) begins afresh.
 * @throws UsageError if the file cannot be read or holds another model's.
 */
export function startingParams(path: string, model: Model, seed: number): Float32Array {
  const rng = createRng(seed, "init");
  try {
    const bytes = readFileSync(path);
    if (JSON.stringify(model.document.layers).includes('"kind":"lora"')) {
      const base = modelFromDocument({ ...model.document, layers: model.document.layers.map(withoutAdapters) });
      return loraParams(model, base.spec, decodeParams(base.spec, bytes), rng);
    }
    const params = model.init(rng);
    params.set(decodeParams(model.spec, bytes));
    return params;
  } catch (error) {
    if (!(error instanceof ProtocolError || (error instanceof Error && "code" in error))) throw error;
    throw new UsageError(`--from ${path}: ${error.message}`, { cause: error });
  }
}

function withoutAdapters(document: LayerDocument): LayerDocument {
  const isAround = document.kind === "lora" || document.kind === "frozen";
  return isAround ? withoutAdapters(document.layer as LayerDocument) : mapNestedLayers(document, withoutAdapters);
}
