import { type ContentHash, contentHash, type Sha256 } from "../../shared/base/hash.ts";
import { verifyUpdatePayload } from "../../shared/protocol/checkUpdate.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { Store } from "../store/store.ts";
import { createStrategy } from "../strategies/createStrategy.ts";
import type { VerifiedUpdate } from "./verifyUpdate.ts";

/** Shared params to and from the bytes that their hash covers. */
export interface ParamsFormat {
  readonly numParams: number;
  encode(values: Float32Array): Uint8Array;
  decode(bytes: Uint8Array): Float32Array;
}

/** Walks through the versions of a run's model, computing each from the one before. */
export interface ModelReplay {
  /**
   * The hash of the params that these updates make of the current ones, which become the current ones.
   * @throws MissingBlobError, CorruptStoreError or ProtocolError if an update cannot be read as it was signed.
   */
  advance(updates: Iterable<VerifiedUpdate>): Promise<ContentHash>;
}

/** Starts at the initial params, given as the bytes of their blob. @throws ProtocolError if they are no such params. */
export function createModelReplay(
  plan: RunPlan,
  initialParams: Uint8Array,
  { store, format, sha256 }: { readonly store: Store; readonly format: ParamsFormat; readonly sha256: Sha256 },
): ModelReplay {
  const strategy = createStrategy(plan, format.numParams);
  let params = format.decode(initialParams);
  let state = strategy.init(format.numParams);
  return {
    async advance(updates) {
      const aggregator = strategy.createAggregator();
      for (const update of updates) {
        const payload = await store.getBlob(update.header.payloadHash);
        const delta = verifyUpdatePayload(update.expected, update, payload, sha256);
        aggregator.add({ delta, weight: update.event.weight });
      }
      ({ params, state } = strategy.applyRound(state, params, aggregator.finish()));
      return contentHash(sha256, format.encode(params));
    },
  };
}
