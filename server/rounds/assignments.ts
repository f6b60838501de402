import type { ContentHash } from "../../shared/base/hash.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";

/** What one client was asked in one attempt. */
export interface Assignment {
  readonly clientId: string;
  /** Hex. */
  readonly ticket: string;
  readonly offer: Offer;
  readonly offerManifestHash: ContentHash;
  /** Clock time; of the restart for an offer of an earlier process. */
  readonly offeredAtMs: number;
}

/** A durable answer. */
export interface Answered {
  readonly headerHash: ContentHash;
  readonly receipt: SignedReceipt;
}

/**
 * Tickets of the open attempt and of the last few: a client that lost its connection while it waited for a receipt
 * finds it here, and a late one learns that it is late, not unknown.
 */
export interface Assignments {
  /** Begins an attempt; the oldest remembered one is forgotten. */
  open(assignments: readonly Assignment[]): void;
  find(ticket: string): Assignment | undefined;
  /** The open attempt's assignment of a client. */
  current(clientId: string): Assignment | undefined;
  answer(ticket: string): Answered | undefined;
  settle(ticket: string, answered: Answered): void;
}

/** Attempts whose tickets are remembered: those of an asynchronous run may be over in a moment. */
export function attemptsKept({ maxStaleness }: { readonly maxStaleness: number }): number {
  return maxStaleness > 0 ? 256 : 16;
}

export function createAssignments(mostAttempts: number): Assignments {
  const attempts: (readonly Assignment[])[] = [];
  const byTicket = new Map<string, Assignment>();
  const answers = new Map<string, Answered>();
  let current = new Map<string, Assignment>();
  return {
    open(assignments) {
      attempts.push(assignments);
      for (const assignment of assignments) byTicket.set(assignment.ticket, assignment);
      current = new Map(assignments.map((assignment) => [assignment.clientId, assignment]));
      if (attempts.length <= mostAttempts) return;
      for (const { ticket, clientId } of attempts.shift() as readonly Assignment[]) {
        if (current.get(clientId)?.ticket === ticket) continue; // it goes on with earlier work, and is listed again
        byTicket.delete(ticket);
        answers.delete(ticket);
      }
    },
    find: (ticket) => byTicket.get(ticket),
    current: (clientId) => current.get(clientId),
    answer: (ticket) => answers.get(ticket),
    settle(ticket, answered) {
      answers.set(ticket, answered);
    },
  };
}
