import type { ContentHash } from "../../shared/base/hash.ts";
import type { Handout } from "../../shared/protocol/createOffer.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import type { TrainedUpdate } from "./trainerPort.ts";

/** The bytes behind one ticket, which the session knows only by name. */
export interface ClientWork {
  readonly offer: Offer;
  /** What it hands out beside params. */
  readonly handouts: readonly Handout[];
  /** Ends fetching and training. */
  readonly abort: AbortController;
  params?: Uint8Array;
  /** The handouts' bytes by name, each of the same form as the params; their hashes were checked. */
  handedOut?: ReadonlyMap<string, Uint8Array>;
  local?: TrainedUpdate;
  /** Made once; every submission sends these bytes. */
  update?: SignedUpdate;
  receipt?: { readonly signed: SignedReceipt; readonly hash: ContentHash; readonly journalSeq: number };
}
