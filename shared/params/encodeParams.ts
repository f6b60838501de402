import { encodeSafetensors } from "./encodeSafetensors.ts";
import type { ParamsSpec } from "./paramsSpec.ts";

/** The shared params as a safetensors file: what travels, is stored and is hashed. Same params, same bytes. */
export function encodeParams(spec: ParamsSpec, values: Float32Array): Uint8Array {
  return encodeSafetensors(sharedEntries(spec), values);
}

/** The entries that travel: the prefix of the spec. */
export function sharedEntries(spec: ParamsSpec): ParamsSpec["entries"] {
  return spec.entries.filter(({ scope }) => scope === "shared");
}
