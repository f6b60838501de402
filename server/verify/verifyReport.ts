import type { ContentHash } from "../../shared/base/hash.ts";

/** How much of a run could be checked; each level holds all before it. */
export type VerifyLevel =
  /** The chain of events, every signature, who is in which commit. */
  | "headers"
  /** Also every global model, recomputed from the updates and compared bit for bit. */
  | "models";

/** Something that no honest coordinator writes. */
export interface VerifyProblem {
  /** Of the journal's event, or null if it concerns the whole. */
  readonly seq: number | null;
  readonly message: string;
}

/** What a replay of a journal found. */
export interface VerifyReport {
  /** True if nothing was found. */
  readonly ok: boolean;
  readonly level: VerifyLevel;
  /** Why not every model was recomputed; null at level "models". */
  readonly levelReason: string | null;
  /** The first hundred; a broken chain ends the replay. */
  readonly problems: readonly VerifyProblem[];
  readonly numProblems: number;
  readonly runId: string | null;
  readonly name: string | null;
  /** Of the coordinator, hex: compare it with the one that clients pinned. */
  readonly coordinatorKey: string | null;
  readonly numEvents: number;
  readonly numCommits: number;
  /** Attempts that came to nothing. */
  readonly numAborted: number;
  /** Signed updates, whether or not they are in a commit yet. */
  readonly numUpdates: number;
  readonly numModelsRecomputed: number;
  /** Of the last commit, or the initial params. */
  readonly paramsHash: ContentHash | null;
  /** Of the last event: it binds everything before it. */
  readonly chainHash: ContentHash | null;
}
