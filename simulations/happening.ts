import type { SessionEvent } from "../client/core/sessionEvent.ts";
import type { RoundEvent } from "../server/rounds/roundState.ts";

/** What an event of virtual time carries. */
export type Happening =
  | { readonly kind: "client"; readonly event: SessionEvent }
  | { readonly kind: "coordinator"; readonly event: RoundEvent }
  /** The last byte of a client's update has reached the coordinator. */
  | { readonly kind: "uploaded"; readonly ticket: string; readonly upload: number };
