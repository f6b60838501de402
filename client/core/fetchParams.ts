import type { Clock } from "../../shared/base/clock.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { runAddress } from "./runAddress.ts";
import { systemClock } from "./systemClock.ts";

/** Bytes of params by their content hash; whoever asked checks the hash. @throws Error that says what went wrong. */
export type FetchParams = (hash: ContentHash, signal: AbortSignal) => Promise<Uint8Array>;

/** A filter may swallow a request whole: without a byte for this long, HTTP is taken for blocked. */
const STALLED_MS = 15_000;

/** Params over HTTP from the coordinator (or a cache before it): GET api/params/<hash>. */
export function httpParams(
  url: string,
  fetchImpl: typeof fetch = globalThis.fetch,
  clock: Clock = systemClock,
): FetchParams {
  const { api } = runAddress(url);
  return async (hash, signal) => {
    const watch = watchProgress(clock, signal);
    try {
      const response = await fetchImpl(api(`params/${hash}`), { signal: watch.signal });
      if (!response.ok) throw new Error(`params ${hash} expected HTTP 200, got ${response.status}`);
      const declared = Number(response.headers.get("content-length") ?? 0);
      if (declared > LIMITS.maxParamsBytes) {
        await response.body?.cancel();
        throw new Error(`params ${hash} expected <= ${LIMITS.maxParamsBytes} bytes, got ${declared}`);
      }
      return await readBounded(response, LIMITS.maxParamsBytes, watch.progress);
    } finally {
      watch.stop();
    }
  };
}

/** A signal that also ends what makes no progress. */
function watchProgress(clock: Clock, outer: AbortSignal) {
  const controller = new AbortController();
  const end = (): void => controller.abort(outer.reason);
  const start = (): (() => void) =>
    clock.schedule(STALLED_MS, () => controller.abort(new Error(`nothing came for ${STALLED_MS / 1000} s`)));
  let cancel = start();
  if (outer.aborted) end();
  outer.addEventListener("abort", end);
  return {
    signal: controller.signal,
    progress(): void {
      cancel();
      cancel = start();
    },
    stop(): void {
      cancel();
      outer.removeEventListener("abort", end);
    },
  };
}

/** The whole body. @throws Error as soon as it is longer than the bound, whatever its header said. */
async function readBounded(response: Response, maxBytes: number, onProgress: () => void): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    onProgress();
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
