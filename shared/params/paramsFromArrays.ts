import { sameShape, shapeText } from "../graph/shape.ts";
import type { ParamsSpec } from "./paramsSpec.ts";
import type { NamedArray } from "./parseSafetensors.ts";

/**
 * Flat params from named arrays (a parsed checkpoint), [spec.length]. Private entries may be missing and are then 0, unless
 * they are frozen.
 * @throws RangeError for a missing or unknown name or another shape.
 */
export function paramsFromArrays(spec: ParamsSpec, arrays: ReadonlyMap<string, NamedArray>): Float32Array {
  const values = new Float32Array(spec.length);
  const known = new Set(spec.entries.map(({ name }) => name));
  for (const name of arrays.keys()) {
    if (!known.has(name)) throw new RangeError(`params expected arrays of this model, got ${JSON.stringify(name)}`);
  }
  for (const { name, shape, offset, scope, kind } of spec.entries) {
    const array = arrays.get(name);
    if (!array && scope === "private" && kind !== "frozen") continue;
    if (!array || !sameShape(array.shape, shape)) {
      throw new RangeError(`"${name}" expected ${shapeText(shape)}, got ${array ? shapeText(array.shape) : "none"}`);
    }
    values.set(array.values, offset);
  }
  return values;
}
