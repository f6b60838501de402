import { type ContentHash, contentHash, type Sha256 } from "../../shared/base/hash.ts";
import { verifyUpdatePayload } from "../../shared/protocol/checkUpdate.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { storedDelta } from "../rounds/storedDelta.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { Store } from "../store/store.ts";
import type { ParamsRange } from "../strategies/averageStatistics.ts";
import { createStrategy } from "../strategies/createStrategy.ts";
import { encodeServerState } from "../strategies/serverStateBytes.ts";
import { strategyParts } from "../strategies/strategyParts.ts";
import { readStored } from "../workers/readStored.ts";
import type { VerifiedUpdate } from "./verifyUpdate.ts";

/** Shared params to and from the bytes that their hash covers. */
export interface ParamsFormat {
  readonly numParams: number;
  /** Where running statistics lie among them. */
  readonly statistics: readonly ParamsRange[];
  /** Fresh params for a further model of a run, by its name. */
  furtherStart(runId: string): (name: string) => Float32Array;
  encode(values: Float32Array): Uint8Array;
  decode(bytes: Uint8Array): Float32Array;
}

/** What a round's updates make. */
export interface ComputedModel {
  readonly paramsHash: ContentHash;
  /** Of what the strategy keeps beside params; undefined where it keeps nothing. */
  readonly stateHash: ContentHash | undefined;
}

/** What a seal names beside its updates. */
export type SealedInputs = Pick<JournalEventOf<"round-sealed">, "seed" | "rootDeltaHash">;

/** Walks through the versions of a run's model, computing each from the one before. */
export interface ModelReplay {
  /**
   * The params that these updates make of the current ones, and what the strategy keeps beside: both become the current.
   * @throws MissingBlobError, CorruptStoreError or ProtocolError if an update cannot be read as it was signed.
   */
  advance(round: number, updates: Iterable<VerifiedUpdate>, inputs: SealedInputs): Promise<ComputedModel>;
}

/** Starts at the initial params, given as the bytes of their blob. @throws ProtocolError if they are no such params. */
export function createModelReplay(
  plan: RunPlan,
  initialParams: Uint8Array,
  { store, format, sha256 }: { readonly store: Store; readonly format: ParamsFormat; readonly sha256: Sha256 },
): ModelReplay {
  const strategy = createStrategy(plan, format.numParams, {
    statistics: format.statistics,
    furtherStart: format.furtherStart(plan.runId),
    readStored,
  });
  let state = strategy.init(format.decode(initialParams));
  /** Of the versions that a later update may have started from, by hash. */
  const bases = new Map([[contentHash(sha256, initialParams), state.params]]);
  return {
    async advance(round, updates, { seed = "", rootDeltaHash }) {
      const fold = strategy.openRound(state, round);
      for (const update of updates) {
        const { payloadHash } = update.header;
        const payload = await store.getBlob(payloadHash);
        const { delta, parts } = verifyUpdatePayload(update.expected, update, payload, sha256);
        const base = bases.get(update.header.baseParamsHash);
        fold.add({
          clientId: update.event.clientId,
          weight: update.event.weight,
          staleness: round - update.header.baseVersion,
          delta,
          storedDelta: storedDelta(store, payloadHash, update.manifest),
          parts: strategyParts(parts),
          metrics: update.manifest.metrics,
          ...(strategy.needsBase && base && { base }),
        });
      }
      const rootDelta = rootDeltaHash && format.decode(await store.getBlob(rootDeltaHash));
      state = await fold.finish({ seed, ...(rootDelta && { rootDelta }) });
      const paramsHash = contentHash(sha256, format.encode(state.params));
      bases.delete(paramsHash); // params that come back count from now
      if (strategy.needsBase) bases.set(paramsHash, state.params);
      if (bases.size > plan.maxStaleness + 1) bases.delete(bases.keys().next().value as ContentHash);
      const stateHash = state.vectors.size > 0 ? contentHash(sha256, encodeServerState(state.vectors)) : undefined;
      return { paramsHash, stateHash };
    },
  };
}
