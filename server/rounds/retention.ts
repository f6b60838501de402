import type { ContentHash } from "../../shared/base/hash.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../store/store.ts";

export interface RetentionOptions {
  readonly plan: RunPlan;
  readonly store: Store;
  readonly logger: Logger;
  /** Params of every version so far. */
  readonly published: readonly ContentHash[];
  /** Newest params that are kept beside the first and the best ones, so that slow clients can still fetch theirs. */
  readonly paramsKept?: number;
}

/**
 * What is kept, as the signed plan says. "headers": a round's payloads go once it is committed, and old params go too.
 * "all": everything stays, for audits that recompute each model.
 */
export interface Retention {
  addPayload(hash: ContentHash): void;
  /** These params are committed: they may be fetched. */
  publish(paramsHash: ContentHash): void;
  /** Lets go of what only committed rounds needed; the best params stay. */
  letGo(bestParamsHash: string | undefined): Promise<void>;
  isPublished(hash: string): boolean;
}

export function createRetention(options: RetentionOptions): Retention {
  const { plan, store, logger, paramsKept = 8 } = options;
  const published = new Set<string>(options.published);
  /** Versions whose blobs are still here, oldest first; the first version is kept for ever and not listed. */
  const deletable: ContentHash[] = options.published.slice(1).slice(-paramsKept);
  let payloads: ContentHash[] = [];

  /** A blob that stays costs space and nothing else: the next commit tries again for params, a restart for payloads. */
  async function remove(hash: ContentHash): Promise<boolean> {
    try {
      return await store.deleteBlob(hash);
    } catch (error) {
      logger.warn({ err: error, hash }, "a blob could not be deleted");
      return false;
    }
  }

  return {
    addPayload(hash) {
      payloads.push(hash);
    },
    publish(paramsHash) {
      published.add(paramsHash);
      deletable.push(paramsHash);
    },
    async letGo(bestParamsHash) {
      const done = payloads;
      payloads = [];
      if (plan.retention === "all") return;
      for (const hash of done) await remove(hash);
      const surplus = deletable.length - paramsKept;
      const candidates = deletable.slice(0, Math.max(0, surplus)).filter((hash) => hash !== bestParamsHash);
      for (const hash of candidates) if (await remove(hash)) deletable.splice(deletable.indexOf(hash), 1);
    },
    isPublished: (hash) => published.has(hash),
  };
}
