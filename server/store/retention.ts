import type { ContentHash } from "../../shared/base/hash.ts";
import { commitsBefore, DEFAULT_OBJECTIVE, type Objective } from "../../shared/protocol/evaluationPlan.ts";
import { isRecord } from "../../shared/protocol/parseWith.ts";
import type { JournalEvent } from "./journalEvent.ts";
import { handedOut } from "./namedBlobs.ts";

/**
 * Params of so many latest commits stay: clients may still be fetching an older one, people may want to go back. Where
 * updates may be stale, their bases stay too.
 */
const KEPT_COMMITS = 8;
/**
 * Says which blobs a run still needs, so that its disk use stays bounded however long it goes on:
 * - params: the initial ones, those of the last eight commits, those of the best commit by the plan's objective;
 * - what the strategy keeps: that of the last commit, and what the last openings handed out;
 * - encoded deltas: those of the open attempt; with `retention: "all"` in the plan every one that was accepted, so that
 *   `verify` can recompute each model bit for bit.
 */
export interface Retention {
  /** Takes the next durable event; returns the blobs that nothing needs any more. */
  observe(event: JournalEvent): ContentHash[];
  needs(hash: ContentHash): boolean;
  /** Blobs without which the run cannot go on: latest params and state, last handouts, deltas of the open attempt. */
  vital(): ContentHash[];
}

export function createRetention(): Retention {
  const uses = new Map<ContentHash, number>();
  let keepsDeltas = false;
  let commits: ContentHash[] = [];
  let latest: ContentHash | undefined;
  let best: { readonly hash: ContentHash; readonly value: number } | undefined;
  let deltas: ContentHash[] = [];
  let state: ContentHash | undefined;
  let openings: (readonly ContentHash[])[] = [];
  let keptCommits = KEPT_COMMITS;
  let objective = DEFAULT_OBJECTIVE;

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

  /** The last openings' handouts stay as long as params do: members may be working on them. */
  function open(handouts: readonly ContentHash[]): ContentHash[] {
    if (handouts.length === 0) return [];
    for (const hash of handouts) use(hash);
    openings.push(handouts);
    const old = openings.slice(0, -keptCommits).flat();
    openings = openings.slice(-keptCommits);
    return drop(old);
  }

  function keepState(hash: ContentHash | undefined): ContentHash[] {
    const old = state === undefined ? [] : [state];
    if (hash !== undefined) use(hash);
    state = hash;
    return old;
  }

  function commit(hash: ContentHash, metrics: Readonly<Record<string, number>>): ContentHash[] {
    const old: ContentHash[] = [];
    const value = metrics[objective.metric];
    latest = hash;
    use(hash);
    commits.push(hash);
    const judged = commits.at(-1 - commitsBefore(objective.metric, metrics));
    if (commits.length > keptCommits) old.push(...commits.slice(0, -keptCommits));
    commits = commits.slice(-keptCommits);
    if (
      value !== undefined &&
      judged !== undefined &&
      (best === undefined || (objective.goal === "max" ? value > best.value : value < best.value))
    ) {
      if (best !== undefined) old.push(best.hash);
      use(judged);
      best = { hash: judged, value };
    }
    return old;
  }

  return {
    observe(event) {
      switch (event.kind) {
        case "run-created":
          keepsDeltas = event.plan.retention === "all";
          keptCommits = Math.max(KEPT_COMMITS, Number(event.plan.maxStaleness ?? 0) + 1);
          if (isRecord(event.plan.objective)) objective = event.plan.objective as Objective; // checked when it was made
          latest = event.paramsHash;
          use(event.paramsHash);
          return [];
        case "update-accepted":
          use(event.payloadHash);
          deltas.push(event.payloadHash);
          return [];
        case "round-opened":
          return open(handedOut(event));
        case "round-sealed":
          if (event.rootDeltaHash !== undefined) {
            use(event.rootDeltaHash);
            deltas.push(event.rootDeltaHash);
          }
          return [];
        case "round-committed":
          return drop([...closeAttempt(), ...keepState(event.stateHash), ...commit(event.paramsHash, event.metrics)]);
        case "round-aborted":
          return drop(closeAttempt());
        default:
          return [];
      }
    },
    needs: (hash) => uses.has(hash),
    vital: () => [
      ...new Set([latest, state, ...deltas, ...(openings.at(-1) ?? [])].filter((hash) => hash !== undefined)),
    ],
  };
}
