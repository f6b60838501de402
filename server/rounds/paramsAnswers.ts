import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { ParamsAck } from "../../shared/protocol/paramsAck.ts";
import type { ParamsRequest } from "../../shared/protocol/paramsRequest.ts";
import type { Connection } from "../transport/connection.ts";
import { createTokenBucket } from "../transport/tokenBucket.ts";

export interface ParamsAnswersOptions {
  readonly clock: Clock;
  readonly connection: Connection;
  /** Published params by their hash; undefined for every other hash, client updates above all. */
  readonly read: (hash: string) => Promise<Uint8Array | undefined>;
  /** Counts bytes as they go out. */
  readonly served: (numBytes: number) => void;
}

/** Bytes of params for one connection: the largest file twice at once, then 8 MiB a second. */
const BURST_BYTES = 2 * LIMITS.maxParamsBytes;
const BYTES_PER_SECOND = 8 * 1024 * 1024;
/** An honest client is through with what it has asked for by then, or slow. */
const CROWDED_RETRY_MS = 500;

/**
 * Params over the socket of one connection, a chunk a request. What is sent are views of the one copy in memory, and no
 * more of them than a few wait for a peer.
 */
export function createParamsAnswers({ clock, connection, read, served }: ParamsAnswersOptions) {
  const budget = createTokenBucket({ clock, burst: BURST_BYTES, ratePerSecond: BYTES_PER_SECOND });
  /** Requests whose file is still being read. */
  let numReading = 0;

  /**
   * @throws ProtocolError RATE_LIMITED for a client beyond its budget or one that does not read; UNKNOWN_PARAMS;
   * MALFORMED for an offset beyond the file.
   */
  return async ({ hash, offset }: ParamsRequest): Promise<ParamsAck> => {
    const inFlightBytes = (numReading + 1) * LIMITS.maxChunkBytes;
    if (numReading >= LIMITS.maxParamsInFlight || !connection.hasRoomFor(inFlightBytes)) {
      const wait = { retryAfterMs: CROWDED_RETRY_MS };
      throw new ProtocolError("RATE_LIMITED", "read what you have asked for before you ask for more", wait);
    }
    const retryAfterMs = budget.take(LIMITS.maxChunkBytes);
    if (retryAfterMs > 0) throw new ProtocolError("RATE_LIMITED", "too many bytes of params", { retryAfterMs });
    numReading++;
    const file = await read(hash).finally(() => numReading--);
    if (file === undefined) throw new ProtocolError("UNKNOWN_PARAMS", `no params ${hash}; they may have been replaced`);
    if (offset >= file.length) {
      throw new ProtocolError("MALFORMED", `offset expected < ${file.length}, got ${offset}`);
    }
    const bytes = file.subarray(offset, offset + LIMITS.maxChunkBytes);
    served(bytes.length);
    return { ok: true, totalBytes: file.length, bytes };
  };
}
