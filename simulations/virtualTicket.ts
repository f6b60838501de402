import type { ContentHash } from "../shared/base/hash.ts";

/** A ticket that needs no randomness: 32 hex digits from the round, the attempt and the client, unique within a run. */
export function virtualTicket(round: number, attempt: number, client: number): string {
  return [round, attempt, 0, client].map((part) => part.toString(16).padStart(8, "0")).join("");
}

/**
 * What stands for the hash of an update's signed header. Virtual clients share a process with their coordinator, so
 * nothing is encoded, hashed or signed (a signature alone costs more than many a training); the ticket names the update.
 */
export function virtualHeaderHash(ticket: string): ContentHash {
  return `sha256-${ticket.padStart(64, "0")}`;
}
