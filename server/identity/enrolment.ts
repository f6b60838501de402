import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, fromHex } from "../../shared/base/hash.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import { identityMode } from "../../shared/protocol/identityPlan.ts";
import { checkRoster, type Roster } from "../../shared/protocol/roster.ts";
import { checkRotation } from "../../shared/protocol/rotation.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { fromBase64 } from "../store/base64.ts";
import type { IdentityEvent } from "../store/identityEvent.ts";

export interface EnrolmentOptions {
  readonly plan: Pick<RunPlan, "runId" | "identity">;
  readonly coordinatorKey: Uint8Array;
  readonly verify: Verify;
}

/** Each rotation is an event of the journal, at a client's word: it must not be able to fill the disk. */
const MAX_ROTATIONS = 100;

export interface InvitationState {
  readonly expiresAtMs: number;
  /** The key that it let in. */
  readonly usedBy?: string;
}

/** Who may take part in a run, folded from the journal: the same for a coordinator and for whoever verifies it. */
export interface Enrolment {
  /** Takes the next event. @throws ProtocolError if it does not follow from those before it; nothing is changed then. */
  observe(event: IdentityEvent): void;
  /** Why this key may not take part; undefined if it may. */
  refusal(clientId: string): ProtocolError | undefined;
  /** Generation of a key: how often its identity was rotated. */
  keyEpoch(clientId: string): number;
  invitation(hash: ContentHash): InvitationState | undefined;
  readonly invitations: ReadonlyMap<ContentHash, InvitationState>;
  /** Keys that came by invitation, and successors of keys, in the order of their coming. */
  readonly enrolled: readonly string[];
  readonly revoked: readonly string[];
  readonly roster: Roster | undefined;
}

export function createEnrolment({ plan, coordinatorKey, verify }: EnrolmentOptions): Enrolment {
  const mode = identityMode(plan.identity);
  const operatorKey = typeof plan.identity === "string" ? undefined : plan.identity.operatorKey;
  const invitations = new Map<ContentHash, InvitationState>();
  const enrolled = new Set<string>();
  const revoked = new Set<string>();
  /** Key -> the key that took its place, and the other way round. */
  const successors = new Map<string, string>();
  const predecessors = new Map<string, string>();
  let roster: Roster | undefined;
  let listed: ReadonlySet<string> = new Set();

  function keyEpoch(clientId: string): number {
    let epoch = 0;
    for (let key = predecessors.get(clientId); key !== undefined; key = predecessors.get(key)) epoch++;
    return epoch;
  }

  /** Whether this is so of the key, or of one that it took the place of. */
  function isOfIdentity(keys: ReadonlySet<string>, clientId: string): boolean {
    for (let key: string | undefined = clientId; key !== undefined; key = predecessors.get(key)) {
      if (keys.has(key)) return true;
    }
    return false;
  }

  function refusal(clientId: string): ProtocolError | undefined {
    if (isOfIdentity(revoked, clientId)) return new ProtocolError("KEY_REVOKED", "the operator revoked this key");
    if (successors.has(clientId)) return new ProtocolError("KEY_REVOKED", "another key has taken this one's place");
    if (mode === "token" && !enrolled.has(clientId)) {
      return new ProtocolError("NOT_ENROLLED", "this run is by invitation: join with the link of one");
    }
    if (mode === "enrolled" && !isOfIdentity(listed, clientId)) {
      return new ProtocolError("NOT_ENROLLED", "this key is not on the roster: ask the operator to put it there");
    }
    return undefined;
  }

  function assertMode(wanted: "token" | "enrolled", what: string): void {
    if (mode === wanted) return;
    throw new ProtocolError("MALFORMED", `${what} belong to runs whose plan says identity "${wanted}", not "${mode}"`);
  }

  function enrol(clientId: string, hash: ContentHash): void {
    assertMode("token", "invitations");
    const invitation = invitations.get(hash);
    if (invitation === undefined) throw new ProtocolError("INVITATION_UNKNOWN", "this run issued no such invitation");
    if (invitation.usedBy !== undefined) throw new ProtocolError("INVITATION_USED", "this invitation was used before");
    const fault = refusal(clientId);
    if (fault?.code === "KEY_REVOKED") throw fault;
    if (enrolled.has(clientId)) throw new ProtocolError("MALFORMED", "this key is enrolled already");
    invitations.set(hash, { ...invitation, usedBy: clientId });
    enrolled.add(clientId);
  }

  function rotate({ clientId, successor, ...event }: Extract<IdentityEvent, { kind: "key-rotated" }>): void {
    if (mode === "open") {
      throw new ProtocolError(
        "MALFORMED",
        "this run is open to anyone: take part with the new key, without a rotation",
      );
    }
    const fault = refusal(clientId);
    if (fault !== undefined) throw fault;
    const isKnown = [enrolled, revoked, listed, successors, predecessors].some((keys) => keys.has(successor));
    if (isKnown || successor === clientId) {
      throw new ProtocolError("BAD_KEY", "successor expected a key that this run has not seen");
    }
    const epoch = keyEpoch(clientId) + 1;
    if (epoch > MAX_ROTATIONS) {
      throw new ProtocolError("BAD_KEY", `an identity rotates its key at most ${MAX_ROTATIONS} times in a run`);
    }
    if (event.keyEpoch !== epoch) {
      throw new ProtocolError("MALFORMED", `"keyEpoch" expected ${epoch}, got ${event.keyEpoch}`);
    }
    const keys = { clientKey: fromHex(clientId), successor: fromHex(successor) };
    const signed = { signature: fromBase64(event.signature), proof: fromBase64(event.proof) };
    checkRotation({ runId: plan.runId, coordinatorKey, keyEpoch: epoch, ...keys }, signed, verify);
    successors.set(clientId, successor);
    predecessors.set(successor, clientId);
    if (enrolled.has(clientId)) enrolled.add(successor);
  }

  return {
    observe(event) {
      switch (event.kind) {
        case "invitations-issued":
          assertMode("token", "invitations");
          for (const { hash, expiresAtMs } of event.invitations) invitations.set(hash, { expiresAtMs });
          break;
        case "client-enrolled":
          enrol(event.clientId, event.invitation);
          break;
        case "roster-replaced": {
          assertMode("enrolled", "rosters");
          const expected = {
            runId: plan.runId,
            operatorKey: operatorKey as string,
            previousVersion: roster?.version ?? 0,
          };
          roster = checkRoster({ roster: event.roster, signature: fromBase64(event.signature) }, expected, verify);
          listed = new Set(roster.clients.map(({ publicKey }) => publicKey));
          break;
        }
        case "key-rotated":
          rotate(event);
          break;
        case "key-revoked":
          revoked.add(event.clientId);
          break;
      }
    },
    refusal,
    keyEpoch,
    invitation: (hash) => invitations.get(hash),
    invitations,
    get enrolled() {
      return [...enrolled];
    },
    get revoked() {
      return [...revoked];
    },
    get roster() {
      return roster;
    },
  };
}
