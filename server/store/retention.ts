import type { ContentHash } from "../../shared/base/hash.ts";
import type { JournalEvent } from "./journalEvent.ts";

/** Params of so many latest commits stay: clients may still be fetching an older one, people may want to go back. */
const KEPT_COMMITS = 8;
/** The metric whose best params stay. */
const BEST_BY = "testAccuracy";

/**
 * Says which blobs a run still needs, so that its disk use stays bounded however long it goes on:
 * - params: the initial ones, those of the last eight commits, those of the best commit by test accuracy;
 * - encoded deltas: those of the open attempt; with `retention: "all"` in the plan every one that was accepted, so that
 *   `verify` can recompute each model bit for bit.
 */
export interface Retention {
  /** Takes the next durable event; returns the blobs that nothing needs any more. */
  observe(event: JournalEvent): ContentHash[];
  needs(hash: ContentHash): boolean;
  /** Blobs without which the run cannot go on: the latest params and the deltas of the open attempt. */
  vital(): ContentHash[];
}

export function createRetention(): Retention {
  const uses = new Map<ContentHash, number>();
  let keepsDeltas = false;
  let commits: ContentHash[] = [];
  let latest: ContentHash | undefined;
  let best: { readonly hash: ContentHash; readonly value: number } | undefined;
  let deltas: ContentHash[] = [];

  function use(hash: ContentHash): void {
    uses.set(hash, (uses.get(hash) ?? 0) + 1);
  }

  function drop(hashes: readonly ContentHash[]): ContentHash[] {
    const unused: ContentHash[] = [];
    for (const hash of hashes) {
      const left = (uses.get(hash) ?? 0) - 1;
      if (left > 0) uses.set(hash, left);
      else if (uses.delete(hash)) unused.push(hash);
    }
    return unused;
  }

  function closeAttempt(): ContentHash[] {
    const closed = deltas;
    deltas = [];
    return keepsDeltas ? [] : closed;
  }

  function commit(hash: ContentHash, value: number | undefined): ContentHash[] {
    const old: ContentHash[] = [];
    latest = hash;
    use(hash);
    commits.push(hash);
    if (commits.length > KEPT_COMMITS) old.push(...commits.slice(0, -KEPT_COMMITS));
    commits = commits.slice(-KEPT_COMMITS);
    if (value !== undefined && (best === undefined || value > best.value)) {
      if (best !== undefined) old.push(best.hash);
      use(hash);
      best = { hash, value };
    }
    return old;
  }

  return {
    observe(event) {
      switch (event.kind) {
        case "run-created":
          keepsDeltas = event.plan.retention === "all";
          latest = event.paramsHash;
          use(event.paramsHash);
          return [];
        case "update-accepted":
          use(event.payloadHash);
          deltas.push(event.payloadHash);
          return [];
        case "round-committed":
          return drop([...closeAttempt(), ...commit(event.paramsHash, event.metrics[BEST_BY])]);
        case "round-aborted":
          return drop(closeAttempt());
        default:
          return [];
      }
    },
    needs: (hash) => uses.has(hash),
    vital: () => [...new Set(latest === undefined ? deltas : [latest, ...deltas])],
  };
}
