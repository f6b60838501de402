import type { Rng } from "../../base/rng.ts";
import { sameShape, shapeText } from "../../graph/shape.ts";
import type { LayerDocument } from "../../nn/layer.ts";
import { LORA_A, LORA_B } from "../../nn/layers/structure/lora.ts";
import { assertNumParams } from "../../params/assertNumParams.ts";
import type { ParamsEntry, ParamsSpec } from "../../params/paramsSpec.ts";
import type { Model } from "../model.ts";
import { nestedLayers } from "./nestedLayers.ts";

/**
 * Params of a LoRA model that starts from a checkpoint: the base's arrays under their names, fresh adapters, which change
 * nothing yet. Shapes: base [baseSpec.length] -> [model.spec.length].
 * @throws RangeError if an array of the base has no place, or the LoRA model needs one that the base does not have.
 */
export function loraParams(model: Model, baseSpec: ParamsSpec, base: Float32Array, rng: Rng): Float32Array {
  assertNumParams("params", base, baseSpec.length);
  const values = model.init(rng);
  const places = new Map(model.spec.entries.map((entry) => [entry.name, entry]));
  for (const entry of baseSpec.entries) {
    const place = places.get(entry.name);
    if (!place || !sameShape(place.shape, entry.shape)) {
      throw new RangeError(
        `"${entry.name}" expected ${shapeText(entry.shape)} in the LoRA model, got ${place ? shapeText(place.shape) : "none"}`,
      );
    }
    values.set(arrayOf(entry, base), place.offset);
    places.delete(entry.name);
  }
  for (const { name, kind } of places.values()) {
    if (kind === "frozen") throw new RangeError(`"${name}" expected a value from the base model, got none`);
  }
  return values;
}

/**
 * Params of the base model that compute what the LoRA model does: each adapted w becomes w + (alpha / rank) · A·B, summed in
 * f64 and rounded to f32 once. Shapes: params [model.spec.length] -> [baseSpec.length].
 * @throws RangeError if the base has an array that the LoRA model does not.
 */
export function mergeLora(model: Model, params: Float32Array, baseSpec: ParamsSpec): Float32Array {
  assertNumParams("params", params, model.spec.length);
  const entries = new Map(model.spec.entries.map((entry) => [entry.name, entry]));
  const alpha = commonAlpha(model);
  const merged = new Float32Array(baseSpec.length);
  for (const { name, offset, length } of baseSpec.entries) {
    const own = entries.get(name);
    if (own?.length !== length) throw new RangeError(`"${name}" expected in the LoRA model, got none of its size`);
    merged.set(arrayOf(own, params), offset);
    const [a, b] = [entries.get(name + LORA_A), entries.get(name + LORA_B)];
    if (a && b) addProduct(merged.subarray(offset, offset + length), arrayOf(a, params), arrayOf(b, params), a, alpha);
  }
  return merged;
}

/** w += (alpha / rank) · A·B, in place. */
function addProduct(w: Float32Array, a: Float32Array, b: Float32Array, aEntry: ParamsEntry, alpha?: number): void {
  const [rows, rank] = aEntry.shape as [number, number];
  const columns = w.length / rows;
  const factor = Math.fround((alpha ?? rank) / rank);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += a[i * rank + k]! * b[k * columns + j]!;
      w[i * columns + j] = w[i * columns + j]! + factor * sum;
    }
  }
}

/** The alpha of all adapters; `undefined` where they have none. @throws RangeError if they differ. */
function commonAlpha({ document }: Model): number | undefined {
  const found = document.layers.flatMap(adaptersOf).map(({ alpha }) => alpha as number | undefined);
  if (new Set(found).size > 1) throw new RangeError("merge expected adapters of one alpha, got several");
  return found[0];
}

function adaptersOf(document: LayerDocument): LayerDocument[] {
  return document.kind === "lora" ? [document] : nestedLayers(document).flatMap(adaptersOf);
}

function arrayOf({ offset, length }: ParamsEntry, values: Float32Array): Float32Array {
  return values.subarray(offset, offset + length);
}
