import { encodeSafetensors } from "./encodeSafetensors.ts";
import type { NamedArray } from "./parseSafetensors.ts";

/** Named arrays as one safetensors file, in the order of the map: what `parseSafetensors` reads back. */
export function encodeArrays(arrays: ReadonlyMap<string, NamedArray>): Uint8Array {
  let length = 0;
  const placed = [...arrays].map(([name, { shape, values }]) => {
    const offset = length;
    length += values.length;
    return { name, shape, offset, length: values.length };
  });
  const all = new Float32Array(length);
  [...arrays.values()].forEach(({ values }, i) => void all.set(values, placed[i]!.offset));
  return encodeSafetensors(placed, all);
}
