import type { ErrorCode } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import type { Pace } from "../../shared/protocol/pace.ts";
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
  // The device.
  | { readonly type: "device-changed" }
  // The connection.
  | { readonly type: "connected"; readonly connection: number }
  | { readonly type: "connection-lost"; readonly connection: number; readonly reason: string }
  | { readonly type: "challenge"; readonly connection: number; readonly challenge: Challenge }
  /** The performer parsed plan and model, hashed them, and found them to be what they are said to be. */
  | {
      readonly type: "welcome";
      readonly connection: number;
      readonly run: RunFacts;
      readonly round: number;
      readonly phase: string;
    }
  /** What the coordinator showed does not hold, or is not work that this client can do (another input shape). */
  | { readonly type: "unacceptable"; readonly connection: number; readonly code: ErrorCode; readonly message: string }
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
  | { readonly type: "pace"; readonly connection: number; readonly pace: Pace }
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
