import { createEnrolment, type Enrolment } from "../identity/enrolment.ts";
import type { IdentityEvent } from "../store/identityEvent.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { VerifyPorts } from "./verifyPorts.ts";
import type { VerifiedRun } from "./verifyRunCreated.ts";

/** Follows who may take part through a journal: rosters and rotations are signed, invitations let in one key each. */
export interface IdentityReplay {
  take(seq: number, event: IdentityEvent): void;
  opened(event: JournalEventOf<"round-opened">): void;
  /** A member that the journal had shut out, or never let in, before its attempt opened cannot have an update in it. */
  accepted(seq: number, clientId: string): void;
  keyEpoch: Enrolment["keyEpoch"];
}

export function createIdentityReplay(run: VerifiedRun, { problems, verify }: VerifyPorts): IdentityReplay {
  const enrolment = createEnrolment({ plan: run.plan, coordinatorKey: run.coordinatorKey, verify });
  let shutOut = new Map<string, string>();

  return {
    take: (seq, event) => void problems.attempt(seq, () => enrolment.observe(event)),
    opened({ members }) {
      shutOut = new Map();
      for (const { clientId } of members) {
        const why = enrolment.refusal(clientId);
        if (why !== undefined) shutOut.set(clientId, why.message);
      }
    },
    accepted(seq, clientId) {
      const why = shutOut.get(clientId);
      if (why !== undefined) problems.add(seq, `client ${clientId} may not take part: ${why}`);
    },
    keyEpoch: enrolment.keyEpoch,
  };
}
