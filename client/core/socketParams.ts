import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { errorOf } from "../../shared/protocol/ack.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { parseParamsAck } from "../../shared/protocol/paramsAck.ts";
import type { ParamsRequest } from "../../shared/protocol/paramsRequest.ts";
import { backoffWait, drawWaitMs } from "./backoff.ts";
import type { FetchParams } from "./fetchParams.ts";

export interface SocketParamsOptions {
  /** Sends one request over the present connection. @throws Error if there is none or no answer comes in time. */
  readonly ask: (request: ParamsRequest) => Promise<unknown>;
  readonly clock: Clock;
  /** Uniform over [0, 1): jitter only. */
  readonly random: () => number;
}

/** What has come of a file, from its start without gaps. */
interface PartialFile {
  readonly hash: ContentHash;
  readonly bytes: Uint8Array;
  received: number;
}

/** Asked to wait this often without a byte in between, it gives up; the session tries again later. */
const MAX_WAITS = 8;

/**
 * Params over the client's own connection, a few requests ahead of their answers. What has come is kept until the file is
 * whole, so that a next try, over a next connection, goes on from there.
 */
export function socketParams({ ask, clock, random }: SocketParamsOptions): FetchParams {
  let kept: PartialFile | undefined;

  /** @throws ProtocolError if the answer is a refusal or not the bytes asked for. */
  async function chunk(hash: ContentHash, offset: number, totalBytes?: number) {
    const ack = parseParamsAck(await ask({ hash, offset }));
    if (!ack.ok) throw errorOf(ack);
    const expected = Math.min(LIMITS.maxChunkBytes, ack.totalBytes - offset);
    if (ack.bytes.length !== expected || ack.totalBytes !== (totalBytes ?? ack.totalBytes)) {
      const got = `${ack.bytes.length} bytes of ${ack.totalBytes}`;
      throw new ProtocolError("MALFORMED", `params at ${offset} expected ${expected} bytes, got ${got}`);
    }
    return ack;
  }

  async function begin(hash: ContentHash): Promise<PartialFile> {
    const { totalBytes, bytes } = await chunk(hash, 0);
    const file: PartialFile = { hash, bytes: new Uint8Array(totalBytes), received: bytes.length };
    file.bytes.set(bytes);
    return file;
  }

  async function goOn(file: PartialFile, signal: AbortSignal): Promise<void> {
    const total = file.bytes.length;
    const inFlight: ReturnType<typeof chunk>[] = [];
    let next = file.received;
    while (file.received < total) {
      signal.throwIfAborted();
      while (next < total && inFlight.length < LIMITS.maxParamsInFlight) {
        const answer = chunk(file.hash, next, total);
        answer.catch(() => {}); // the first failure is thrown below; those behind it follow from it
        inFlight.push(answer);
        next += LIMITS.maxChunkBytes;
      }
      const { bytes } = await (inFlight.shift() as ReturnType<typeof chunk>);
      file.bytes.set(bytes, file.received);
      file.received += bytes.length;
    }
  }

  return async (hash, signal) => {
    if (kept?.hash !== hash) kept = undefined;
    for (let waits = 0, receivedBefore = -1; ; ) {
      try {
        kept ??= await begin(hash);
        await goOn(kept, signal);
        const { bytes } = kept;
        kept = undefined;
        return bytes;
      } catch (error) {
        if (!(error instanceof ProtocolError) || error.code !== "RATE_LIMITED") throw error;
        const received = kept?.received ?? 0;
        waits = received > receivedBefore ? 1 : waits + 1;
        receivedBefore = received;
        if (waits > MAX_WAITS) throw error;
        await pause(drawWaitMs(backoffWait(waits, error.retryAfterMs), random()), signal);
      }
    }
  };

  function pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.schedule(delayMs, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }
}
