import { sameShape, shapeText } from "../../graph/shape.ts";
import type { Model } from "../../models/model.ts";
import type { NamedArray } from "../../params/parseSafetensors.ts";
import { torchLayout } from "./torchLayout.ts";

/** Counts of steps, which batch normalisation keeps in PyTorch and nothing reads here. */
const COUNTER = ".num_batches_tracked";

/**
 * Flat params [model.spec.length] from the state_dict that `toTorchState` describes, as `parseSafetensors` reads it.
 * @throws RangeError for a missing or unknown name or another shape.
 */
export function fromTorchState(model: Model, arrays: ReadonlyMap<string, NamedArray>): Float32Array {
  const { spec } = model;
  const starts = new Map(spec.entries.map(({ name, offset }) => [name, offset]));
  const layout = torchLayout(model);
  const known = new Set(layout.map(({ name }) => name));
  for (const name of arrays.keys()) {
    if (!known.has(name) && !name.endsWith(COUNTER)) {
      throw new RangeError(`state expected arrays of this model, got ${JSON.stringify(name)}`);
    }
  }
  const params = new Float32Array(spec.length);
  for (const { name, shape, parts } of layout) {
    const array = arrays.get(name);
    if (!array || !sameShape(array.shape, shape)) {
      throw new RangeError(`"${name}" expected ${shapeText(shape)}, got ${array ? shapeText(array.shape) : "none"}`);
    }
    let at = 0;
    for (const { own, map } of parts) {
      const start = starts.get(own)!;
      // Two biases of PyTorch's are one of ours: their sum.
      for (const element of map.elements) params[start + element]! += array.values[at++]!;
    }
  }
  return params;
}
