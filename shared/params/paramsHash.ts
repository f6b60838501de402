import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import { encodeParams } from "./encodeParams.ts";
import type { ParamsSpec } from "./paramsSpec.ts";

/** Content hash of `encodeParams`: what a body fetched over HTTP must hash to. Private params do not count. */
export function paramsHash(spec: ParamsSpec, values: Float32Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, encodeParams(spec, values));
}
