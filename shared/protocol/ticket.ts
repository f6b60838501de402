import { toHex } from "../base/hash.ts";
import type { SecureRandom } from "../base/rng.ts";
import { SIZES } from "./limits.ts";

/**
 * A ticket for one (client, round, attempt): 16 bytes of cryptographic randomness. Drawn, not derived from a secret:
 * tickets are written to the journal when the round opens, so a restart finds them there and nothing has to be kept
 * secret for ever. It names an assignment; it is no credential, since only its client's key can sign an update for it.
 */
export function createTicket(random: SecureRandom): Uint8Array<ArrayBuffer> {
  const ticket = new Uint8Array(SIZES.ticket);
  random.fill(ticket);
  return ticket;
}

/** A ticket as text: the key of a Map, a field of the journal. 32 lower-case hex digits. */
export function ticketText(ticket: Uint8Array): string {
  return toHex(ticket);
}
