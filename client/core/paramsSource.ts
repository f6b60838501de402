import { type ContentHash, contentHash, type Sha256 } from "../../shared/base/hash.ts";
import type { FetchParams } from "./fetchParams.ts";
import { messageOf } from "./messageOf.ts";

/** The way params come: HTTP and, should that fail, the socket; or one of them alone. */
export type ParamsOver = "auto" | "http" | "socket";

/** Bytes and the hash of what came: the same as was asked for, or the session refuses them. */
export interface FetchedParams {
  readonly bytes: Uint8Array;
  readonly hash: ContentHash;
}

export interface ParamsSourceOptions {
  readonly over: ParamsOver;
  readonly http: FetchParams;
  readonly socket: FetchParams;
  readonly sha256: Sha256;
}

/**
 * Params by their content hash, the way that works: HTTP first, since caches help there; where a filter or proxy blocks
 * or changes it, the socket, and from then on the socket first.
 * @throws Error that says what went wrong on each way.
 */
export function createParamsSource({ over, http, socket, sha256 }: ParamsSourceOptions) {
  let ways = [
    { name: "HTTP", fetch: http },
    { name: "the socket", fetch: socket },
  ].filter(({ name }) => over === "auto" || (over === "http") === (name === "HTTP"));

  return async (hash: ContentHash, signal: AbortSignal): Promise<FetchedParams> => {
    const failures: string[] = [];
    let wrong: FetchedParams | undefined;
    for (const way of ways) {
      try {
        const bytes = await way.fetch(hash, signal);
        const fetched = { bytes, hash: contentHash(sha256, bytes) };
        if (fetched.hash === hash) {
          ways = [way, ...ways.filter((other) => other !== way)];
          return fetched;
        }
        wrong = fetched;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(`over ${way.name}: ${messageOf(error)}`);
      }
    }
    if (wrong !== undefined) return wrong;
    throw new Error(failures.join("; "));
  };
}
