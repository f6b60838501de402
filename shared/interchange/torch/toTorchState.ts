import { numElements } from "../../graph/shape.ts";
import type { Model } from "../../models/model.ts";
import { assertNumParams } from "../../params/assertNumParams.ts";
import type { NamedArray } from "../../params/parseSafetensors.ts";
import { torchLayout } from "./torchLayout.ts";

/**
 * Params as the state_dict of a PyTorch module whose layers have the same paths: `self.layers = nn.Sequential(...)` with a
 * module a layer. Weights are in PyTorch's layouts, for images with channels first; the linear layer behind a flattened
 * image takes its features in that order. README.md of `interchange` lists the names. `encodeArrays` makes it a file.
 * @param params [model.spec.length], private ones included.
 * @throws RangeError for params of another length, or where no order of features is the same in both.
 */
export function toTorchState(model: Model, params: Float32Array): Map<string, NamedArray> {
  const { spec } = model;
  assertNumParams("params", params, spec.length);
  const starts = new Map(spec.entries.map(({ name, offset }) => [name, offset]));
  return new Map(
    torchLayout(model).map(({ name, shape, parts }) => {
      const values = new Float32Array(numElements(shape));
      let at = 0;
      for (const { own, map, isAdded } of parts) {
        const start = starts.get(own)!;
        for (const element of map.elements) values[at++] = isAdded ? 0 : params[start + element]!;
      }
      return [name, { shape, values }];
    }),
  );
}
