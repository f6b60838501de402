import type { ErrorCode } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import type { Answer, Challenge, Offer, RunFacts } from "./sessionState.ts";

/** The timers a session may have running, at most one of each. */
export type SessionTimer = "reconnect" | "handshake" | "retry";

/**
 * What can happen to a client. Events of a connection carry its number and those of work carry their ticket, so that
 * whatever arrives late is told apart from what is current.
 */
export type SessionEvent =
  // The person.
  | { readonly type: "start" }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "leave" }
  // The connection.
  | { readonly type: "connected"; readonly connection: number }
  | { readonly type: "connection-lost"; readonly connection: number; readonly reason: string }
  | { readonly type: "challenge"; readonly connection: number; readonly challenge: Challenge }
  | {
      /** `plan` and `model` were parsed and hashed by the performer; `claimed*` is what the coordinator said of them. */
      readonly type: "welcome";
      readonly connection: number;
      readonly run: RunFacts;
      readonly claimedPlanHash: ContentHash;
      readonly claimedModelHash: ContentHash;
      /** What the plan itself names: it must be the welcome's run and model. */
      readonly planRunId: string;
      readonly planModelHash: ContentHash;
      readonly round: number;
      /** Why this client cannot do the work it was shown (the data has another shape, an op is unknown). */
      readonly unfit?: string;
    }
  | { readonly type: "offer"; readonly connection: number; readonly offer: Offer }
  | {
      readonly type: "round";
      readonly connection: number;
      readonly round: number;
      readonly attempt: number;
      readonly phase: string;
    }
  | {
      readonly type: "commit";
      readonly connection: number;
      readonly round: number;
      readonly attempt: number;
      readonly paramsHash: ContentHash;
    }
  | {
      readonly type: "rejected";
      readonly connection: number;
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterMs?: number;
      readonly ticket?: string;
    }
  | { readonly type: "submit-answered"; readonly upload: number; readonly answer: Answer }
  | { readonly type: "chunk-answered"; readonly upload: number; readonly answer: Answer }
  // The work.
  | { readonly type: "params-fetched"; readonly ticket: string; readonly paramsHash: ContentHash }
  | { readonly type: "params-failed"; readonly ticket: string; readonly message: string }
  | { readonly type: "trained"; readonly ticket: string }
  | {
      readonly type: "update-sealed";
      readonly ticket: string;
      readonly headerHash: ContentHash;
      readonly payloadBytes: number;
    }
  | { readonly type: "work-failed"; readonly ticket: string; readonly message: string }
  | { readonly type: "timer"; readonly timer: SessionTimer };
