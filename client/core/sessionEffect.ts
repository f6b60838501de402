import type { ErrorCode } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import type { Pace } from "../../shared/protocol/pace.ts";
import type { SessionTimer } from "./sessionEvent.ts";
import type { Challenge, Offer } from "./sessionState.ts";

/** What the session asks of the world; the comment says which event answers it. */
export type SessionEffect =
  /** connected | connection-lost */
  | { readonly type: "connect"; readonly connection: number }
  | { readonly type: "disconnect"; readonly connection: number }
  /** timer, after a time drawn uniformly from [minMs, maxMs]; starting a running timer replaces it. */
  | { readonly type: "start-timer"; readonly timer: SessionTimer; readonly minMs: number; readonly maxMs: number }
  | { readonly type: "stop-timer"; readonly timer: SessionTimer }
  /** Sign the challenge, send hello: welcome | rejected */
  | { readonly type: "send-hello"; readonly connection: number; readonly challenge: Challenge }
  /** Say what the plan asks about the device, if it was not said on this connection: rejected, if refused */
  | { readonly type: "send-device"; readonly connection: number }
  /** rejected, if refused */
  | { readonly type: "send-accept"; readonly connection: number; readonly ticket: string }
  | { readonly type: "send-decline"; readonly connection: number; readonly ticket: string }
  | { readonly type: "send-leave"; readonly connection: number }
  /** Fetch and hash: params-fetched (with the hash of what came) | params-failed */
  | { readonly type: "fetch-params"; readonly ticket: string; readonly paramsHash: ContentHash }
  /** trained | work-failed */
  | { readonly type: "train"; readonly offer: Offer }
  | { readonly type: "cancel-training"; readonly ticket: string }
  /** Encode, hash and sign; keep the bytes: update-sealed | work-failed */
  | { readonly type: "seal-update"; readonly offer: Offer }
  /** submit-answered; always the very same header bytes for one ticket. */
  | { readonly type: "send-submit"; readonly connection: number; readonly ticket: string; readonly upload: number }
  /** chunk-answered */
  | {
      readonly type: "send-chunk";
      readonly connection: number;
      readonly ticket: string;
      readonly upload: number;
      readonly offset: number;
      readonly length: number;
    }
  /** Store the receipt that came with the last answer. */
  | { readonly type: "keep-receipt"; readonly ticket: string }
  /** Params, delta and update bytes of this ticket are not needed any more. */
  | { readonly type: "forget-work"; readonly ticket: string }
  | { readonly type: "report"; readonly report: SessionReport };

/** What a person or a log may want to know; nothing depends on it. */
export type SessionReport =
  | { readonly kind: "joined"; readonly round: number }
  | { readonly kind: "reconnecting"; readonly reason: string; readonly failures: number; readonly maxWaitMs: number }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "left" }
  | { readonly kind: "rejected"; readonly code: ErrorCode; readonly message: string }
  /** `leaves`: the client disconnects until then. */
  | { readonly kind: "paced"; readonly pace: Pace; readonly leaves: boolean }
  | { readonly kind: "retrying"; readonly message: string }
  | { readonly kind: "offered" | "training" | "uploading"; readonly offer: Offer }
  | { readonly kind: "uploaded"; readonly offer: Offer; readonly bytesDone: number; readonly bytesTotal: number }
  | { readonly kind: "receipt"; readonly offer: Offer; readonly receipts: number }
  | { readonly kind: "abandoned"; readonly offer: Offer; readonly reason: string }
  | { readonly kind: "declined"; readonly offer: Offer; readonly reason: string }
  | { readonly kind: "committed"; readonly round: number; readonly attempt: number; readonly paramsHash: ContentHash }
  | { readonly kind: "paused" | "resumed" };
