import type { ErrorCode } from "../../shared/base/errors.ts";

/**
 * Where a round stands. `announced`: offers are out, nobody has answered yet. `sealed`: the set of updates is final.
 * After `committed` the next round opens; after `aborted` the same round opens again as attempt + 1.
 */
export type RoundPhase = "idle" | "announced" | "collecting" | "sealed" | "aggregated" | "committed" | "aborted";

/** One thing a round collects from its members. Plain mode has one, "update"; secure aggregation will have several. */
export interface Collection {
  readonly name: string;
  /** Answers that close it at once, >= quorum. */
  readonly goal: number;
  /** Fewest answers it may be closed with at the deadline, >= 1. */
  readonly quorum: number;
  /** From its opening, in milliseconds of the caller's clock. */
  readonly deadlineMs: number;
}

/**
 * What a member of the cohort has done in the current collection. Offered, working and appending ones are waited for;
 * a dropped one is not, but its answer is welcome while the collection is open.
 */
export type MemberStatus = "offered" | "working" | "appending" | "answered" | "declined" | "dropped" | "left-behind";

export interface Member {
  readonly clientId: string;
  /** The assignment it answers: issued for this client alone. */
  readonly ticket: string;
  /** Version of the params that it was offered; the round's own unless it goes on with earlier work. */
  readonly baseVersion: number;
  readonly status: MemberStatus;
  /** Of its update, once verified. */
  readonly headerHash?: string;
  /** Aggregation weight of its update, once verified. */
  readonly weight?: number;
}

/** The round that a run is in. Plain frozen data; `index` is shared by the states of one attempt and never changes. */
export interface RoundState {
  readonly phase: RoundPhase;
  /** From 0. */
  readonly round: number;
  /** From 0 within the round. */
  readonly attempt: number;
  /** Commits so far: the version of the params that members train from. */
  readonly version: number;
  /** Versions that an answer's base may lie behind; 0 when synchronous. */
  readonly maxStaleness: number;
  readonly collections: readonly Collection[];
  /** Which of `collections` is open. */
  readonly step: number;
  readonly members: readonly Member[];
  /** clientId -> place in `members`. */
  readonly index: ReadonlyMap<string, number>;
  /** Members that are still waited for (offered or working). */
  readonly numPending: number;
  /** Answers that are verified and on their way to the disk. */
  readonly numAppending: number;
  /** Answers that are durable. */
  readonly numAnswered: number;
  /** The deadline of the open collection has passed: it closes as soon as no append is in flight. */
  readonly overdue: boolean;
}

/** Names one attempt, so that an event of an earlier one is told apart. */
export interface AttemptRef {
  readonly round: number;
  readonly attempt: number;
}

/** A member as it enters an attempt. */
export interface EnteringMember {
  readonly clientId: string;
  readonly ticket: string;
  /** Present for a member that goes on with what it was offered earlier: the version of the params of that offer. */
  readonly carriedFrom?: number;
}

/** A member's verified answer to its assignment. */
export interface Answer extends AttemptRef {
  readonly clientId: string;
  readonly ticket: string;
  readonly headerHash: string;
  readonly weight: number;
  /** Version of the params it was trained from. */
  readonly baseVersion: number;
  readonly collection: string;
}

export type RoundEvent =
  | (AttemptRef & {
      readonly type: "opened";
      readonly members: readonly EnteringMember[];
      readonly collections: readonly Collection[];
    })
  | { readonly type: "accepted" | "declined"; readonly clientId: string; readonly ticket: string }
  | (Answer & { readonly type: "update-verified" })
  | (AttemptRef & { readonly type: "update-durable" | "append-failed"; readonly clientId: string })
  | { readonly type: "client-dropped" | "client-returned"; readonly clientId: string }
  | (AttemptRef & { readonly type: "deadline-passed"; readonly collection: string })
  | (AttemptRef & { readonly type: "aggregated" | "committed" })
  | (AttemptRef & { readonly type: "failed"; readonly reason: string });

export type RoundEffect =
  /** Send each member its offer; those that go on with earlier work have theirs. */
  | { readonly type: "announce"; readonly members: readonly Member[] }
  /** Ask the members for the next collection. */
  | { readonly type: "collect"; readonly collection: string; readonly members: readonly Member[] }
  /** Raise `deadline-passed` after the delay, in place of any earlier deadline. */
  | (AttemptRef & { readonly type: "set-deadline"; readonly collection: string; readonly delayMs: number })
  | { readonly type: "clear-deadline" }
  /** Write the answer to the journal, then raise `update-durable` or `append-failed`. */
  | { readonly type: "append"; readonly clientId: string; readonly headerHash: string; readonly weight: number }
  /** The answer is durable: send (or send again) its receipt. */
  | { readonly type: "receipt"; readonly clientId: string; readonly headerHash: string }
  /** Add the durable answer to the running aggregate. */
  | { readonly type: "fold"; readonly clientId: string; readonly headerHash: string; readonly weight: number }
  | { readonly type: "reject"; readonly clientId: string; readonly code: ErrorCode; readonly message: string }
  /** The set is final: finish the aggregate, then raise `aggregated`. Hashes are sorted. */
  | { readonly type: "aggregate"; readonly headerHashes: readonly string[]; readonly totalWeight: number }
  /** Make the new params durable, then raise `committed`. */
  | { readonly type: "commit" }
  /** Tell everybody about the new params. */
  | { readonly type: "broadcast" }
  | { readonly type: "abort"; readonly reason: string };

export interface Step {
  readonly state: RoundState;
  readonly effects: readonly RoundEffect[];
}

export interface InitialRoundOptions {
  /** Commits that the run already has: the next round's number and the version of its params. */
  readonly version?: number;
  /** Attempts at the due round that have failed already. */
  readonly attempt?: number;
  readonly maxStaleness?: number;
  /** Who is waited for though no round is open: those of an asynchronous run who work on. */
  readonly atWork?: readonly Member[];
}

/** A run between rounds: nothing open. */
export function idleRound(options: InitialRoundOptions = {}): RoundState {
  const { version = 0, attempt = 0, maxStaleness = 0, atWork = [] } = options;
  return {
    phase: "idle",
    round: version,
    attempt,
    version,
    maxStaleness,
    collections: [],
    step: 0,
    members: atWork,
    index: placesOf(atWork),
    numPending: atWork.length,
    numAppending: 0,
    numAnswered: 0,
    overdue: false,
  };
}

/** The round and attempt that the next `opened` must carry. @throws TypeError while a round is open. */
export function nextAttempt(state: RoundState): AttemptRef {
  switch (state.phase) {
    case "idle":
      return { round: state.round, attempt: state.attempt };
    case "committed":
      return { round: state.round + 1, attempt: 0 };
    case "aborted":
      return { round: state.round, attempt: state.attempt + 1 };
    default:
      throw new TypeError(`a round opens after the last one has ended, but round ${state.round} is ${state.phase}`);
  }
}

/** The collection phases of a round without secure aggregation: one, the update. */
export function plainCollections(options: Omit<Collection, "name">): readonly Collection[] {
  return [{ name: "update", ...options }];
}

/** clientId -> place. */
export function placesOf(members: readonly Member[]): ReadonlyMap<string, number> {
  return new Map(members.map(({ clientId }, place) => [clientId, place]));
}

/** The member of the attempt that a client is; undefined for everybody else. */
export function findMember(state: RoundState, clientId: string): Member | undefined {
  const place = state.index.get(clientId);
  return place === undefined ? undefined : state.members[place];
}
