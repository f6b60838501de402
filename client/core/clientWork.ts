import type { ContentHash } from "../../shared/base/hash.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import type { TrainedUpdate } from "./trainerPort.ts";

/** The bytes behind one ticket, which the session knows only by name. */
export interface ClientWork {
  readonly offer: Offer;
  /** Ends fetching and training. */
  readonly abort: AbortController;
  params?: Uint8Array;
  local?: TrainedUpdate;
  /** Made once; every submission sends these bytes. */
  update?: SignedUpdate;
  receipt?: { readonly signed: SignedReceipt; readonly hash: ContentHash; readonly journalSeq: number };
}
