import type { ErrorCode } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { type Pace, WORTH_LEAVING_MS } from "../../shared/protocol/pace.ts";
import { LONGEST_WAIT_MS } from "./backoff.ts";

/** What a client insists on before it takes part; hashes and keys that are absent are accepted as they come. */
export interface SessionOptions {
  readonly protocolVersion: number;
  /** Pinned values: the session refuses a coordinator that shows others. Keys are lower-case hex; the first 16 digits pin one too. */
  readonly runId?: string;
  readonly coordinatorKey?: string;
  /** Where none is pinned: the keys of coordinators that are known, by the id of their run. */
  readonly knownCoordinators?: Readonly<Record<string, string>>;
  readonly planHash?: ContentHash;
  readonly modelHash?: ContentHash;
  /** The largest work that the client accepts. */
  readonly maxNumParams: number;
  readonly maxEpochs: number;
  /** Bytes of one upload chunk, and how many may wait for their answer. */
  readonly chunkBytes: number;
  readonly windowChunks: number;
  /** How long connecting, challenge, hello and welcome may take together. */
  readonly handshakeTimeoutMs: number;
  /** Ceiling of the waits before the client tries again; what a coordinator asks for comes on top. */
  readonly longestWaitMs: number;
  /** Told to be back later than this, the client disconnects until then. */
  readonly worthLeavingMs: number;
}

/** 128 KiB chunks, eight in flight; the limits keep a phone from being asked for an absurd training. */
export const DEFAULT_SESSION_OPTIONS: SessionOptions = {
  protocolVersion: 1,
  maxNumParams: 50_000_000,
  maxEpochs: 1_000,
  chunkBytes: 128 * 1024,
  windowChunks: 8,
  handshakeTimeoutMs: 15_000,
  longestWaitMs: LONGEST_WAIT_MS,
  worthLeavingMs: WORTH_LEAVING_MS,
};

/** What the coordinator showed before anything was sent to it. Keys and nonces are lower-case hex. */
export interface Challenge {
  readonly protocolVersions: readonly number[];
  readonly nonce: string;
  readonly runId: string;
  readonly coordinatorKey: string;
}

/** The run as agreed at the first welcome; every later one must say the same. */
export interface RunFacts {
  readonly runId: string;
  readonly planHash: ContentHash;
  readonly modelHash: ContentHash;
  /** Elements of the delta. */
  readonly numParams: number;
  readonly epochs: number;
  /** Commits that an update may lie behind; 0 where rounds are synchronous. */
  readonly maxStaleness: number;
}

/** A run that was joined: later connections must show the same facts and the same key. */
export interface AgreedRun extends RunFacts {
  readonly coordinatorKey: string;
}

/** One assignment: train from these params, answer under this ticket (hex). */
export interface Offer {
  readonly round: number;
  readonly attempt: number;
  readonly ticket: string;
  readonly baseParamsHash: ContentHash;
  readonly baseVersion: number;
  /** A duration from the arrival of the offer. */
  readonly deadlineMs: number;
  readonly numParams: number;
}

/** A receipt as far as the session cares; the bytes stay with the performer, which checked the signature. */
export interface ReceiptFacts {
  readonly headerHash: ContentHash;
  /** The coordinator's signature holds and the record names this run, round, attempt and client. */
  readonly valid: boolean;
}

/** An answer (acknowledgement) to a submission or to a chunk. */
export type Answer = { readonly ok: true; readonly offset: number; readonly receipt?: ReceiptFacts } | Rejection;

export interface Rejection {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** An encoded and signed update. Its bytes are made once per ticket and sent again as they are. */
export interface SealedUpdate {
  readonly headerHash: ContentHash;
  readonly payloadBytes: number;
}

/**
 * Work under one ticket. `fetching` (a request is out) and `refetching` (waiting to ask again), then `training`,
 * `sealing`, then `sealed` (waiting for a connection or for the retry timer), `submitting`, `uploading`.
 */
export interface Assignment {
  readonly offer: Offer;
  readonly stage: "fetching" | "refetching" | "training" | "sealing" | "sealed" | "submitting" | "uploading";
  readonly update?: SealedUpdate;
  /** Number of the submission in progress: answers to an earlier one are stale. */
  readonly upload: number;
  /** Bytes of the payload that the coordinator has, and bytes that were sent. */
  readonly ackedBytes: number;
  readonly sentBytes: number;
  readonly failures: number;
}

/** What may still be answered with a receipt, on this connection. */
export interface OwedReceipt {
  readonly offer: Offer;
  readonly update: SealedUpdate;
  readonly upload: number;
}

/** Where the connection stands. `ended` is final: the person left, or the client refuses this coordinator. */
type Link =
  | { readonly at: "idle" }
  /** Before the next connection; `away`: the coordinator said to be back later, and why. */
  | { readonly at: "waiting"; readonly away?: Pace["reason"] }
  | { readonly at: "connecting" }
  | { readonly at: "greeting"; readonly challenge?: Challenge }
  | { readonly at: "ready" }
  | { readonly at: "ended"; readonly reason: "left" | "refused"; readonly code?: ErrorCode; readonly message: string };

/** Plain data: thousands of them fit in one simulation. Tickets, keys and hashes are text; bytes live elsewhere. */
export interface SessionState {
  readonly options: SessionOptions;
  readonly link: Link;
  /** Number of the latest connection: what an earlier one still delivers is stale. */
  readonly connection: number;
  /** Failures to get (back) to `ready`, in a row. */
  readonly failures: number;
  readonly run?: AgreedRun;
  readonly assignment?: Assignment;
  /** An update sent in full whose round closed before its last answer came: nothing is sent for it any more. */
  readonly owed?: OwedReceipt;
  /** The newest (round, attempt) taken or declined: nothing at or before it is trained again. */
  readonly latest?: { readonly round: number; readonly attempt: number };
  /** The last ticket answered with a receipt: an offer of it that is still on its way needs no answer. */
  readonly delivered?: string;
  /**
   * Connections lost over an upload, less updates delivered since: each halves what is sent at once, since on a slow link what waits
   * to be sent keeps answers, and the transport's own pings, from their time.
   */
  readonly lostUploads: number;
  readonly uploads: number;
  readonly receipts: number;
  readonly paused: boolean;
}

/** Attempt of a round that was committed: no attempt at it can follow. */
export const COMMITTED = Number.MAX_SAFE_INTEGER;

/** Whether (round, attempt) `a` comes after `b`. */
export function isLater(
  a: { readonly round: number; readonly attempt: number },
  b: { readonly round: number; readonly attempt: number },
): boolean {
  return a.round > b.round || (a.round === b.round && a.attempt > b.attempt);
}
