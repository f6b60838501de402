import type { NamedVectors } from "../../shared/train/clientHalf.ts";

/** What an offer hands to a virtual client. Vectors are shared by all clients that were handed the same; nobody writes to them. */
export interface Handed {
  /** Shared params to train from, [spec.sharedLength]. */
  readonly params: Float32Array;
  /** What else the strategy hands out, [spec.sharedLength] each. */
  readonly handouts: NamedVectors;
}
