import type { ContentHash } from "../../shared/base/hash.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { runAddress } from "./runAddress.ts";

/** Bytes of params by their content hash; whoever asked checks the hash. @throws Error that says what went wrong. */
export type FetchParams = (hash: ContentHash, signal: AbortSignal) => Promise<Uint8Array>;

/** No params file is longer: the values of the largest model and a safetensors header. */
const MAX_PARAMS_BYTES = 4 * LIMITS.maxNumParams + 1024 * 1024;

/** Params over HTTP from the coordinator (or a cache before it): GET api/params/<hash>. */
export function httpParams(url: string, fetchImpl: typeof fetch = globalThis.fetch): FetchParams {
  const { api } = runAddress(url);
  return async (hash, signal) => {
    const response = await fetchImpl(api(`params/${hash}`), { signal });
    if (!response.ok) throw new Error(`params ${hash} expected HTTP 200, got ${response.status}`);
    const declared = Number(response.headers.get("content-length") ?? 0);
    if (declared > MAX_PARAMS_BYTES) {
      await response.body?.cancel();
      throw new Error(`params ${hash} expected <= ${MAX_PARAMS_BYTES} bytes, got ${declared}`);
    }
    return readBounded(response, MAX_PARAMS_BYTES);
  };
}

/** The whole body. @throws Error as soon as it is longer than the bound, whatever its header said. */
async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new Error(`body expected <= ${maxBytes} bytes`);
    }
    parts.push(part.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
