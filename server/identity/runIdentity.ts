import { canonicalJson } from "../../shared/base/canonicalJson.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, fromHex, type Sha256, toHex } from "../../shared/base/hash.ts";
import type { SecureRandom } from "../../shared/base/rng.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import { isStrictPublicKey } from "../../shared/crypto/strictEd25519.ts";
import { createInvitation, invitationHash } from "../../shared/protocol/invitation.ts";
import type { Roster, SignedRoster } from "../../shared/protocol/roster.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { toBase64 } from "../store/base64.ts";
import { type IdentityEvent, isIdentityEvent } from "../store/identityEvent.ts";
import type { Store } from "../store/store.ts";
import { StoreReadOnlyError } from "../store/storeErrors.ts";
import type { Admission } from "./admission.ts";
import { createEnrolment, type Enrolment } from "./enrolment.ts";

export interface RunIdentityOptions {
  readonly plan: RunPlan;
  readonly store: Store;
  readonly coordinatorKey: Uint8Array;
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly random: SecureRandom;
  /** Milliseconds since 1970: invitations expire by the clock on the wall. */
  readonly wallClockMs: () => number;
  /** The store takes no writes, so nobody comes in; told once until it takes them again. */
  readonly onFault?: (error: unknown) => void;
}

export interface IssuedInvitation {
  /** Shown once, and kept nowhere. */
  readonly secret: Uint8Array;
  readonly expiresAtMs: number;
}

/** Who may take part in one run: the door for clients, and the operator's hands on it. All of it is in the journal. */
export interface RunIdentity extends Admission {
  readonly enrolment: Enrolment;
  /** @throws ProtocolError MALFORMED unless the run is by invitation. */
  issueInvitations(count: number, lifeMs: number): Promise<readonly IssuedInvitation[]>;
  /** @throws ProtocolError MALFORMED, WRONG_RUN, BAD_KEY, BAD_SIGNATURE. */
  replaceRoster(signed: SignedRoster): Promise<void>;
  /**
   * The same at a start, from a file that may be older than the run's: nothing happens if the run has this very roster already.
   * Resolves to the roster that the run keeps, if that is newer.
   */
  takeRoster(signed: SignedRoster): Promise<Roster | undefined>;
  /** Shuts a key out for good, whether or not it was ever here. */
  revoke(clientId: string, reason: string): Promise<void>;
}

/**
 * An event takes effect as it is appended: of two clients with one invitation the second is refused, and no round opens
 * with a key that the journal has shut out. Nobody is let in before it is durable. If an event cannot be written, everything
 * is read again from what could.
 */
export function createRunIdentity(options: RunIdentityOptions): RunIdentity {
  const { store, sha256, random, wallClockMs, onFault } = options;
  /** Key -> the writing of its enrolment. */
  const enrolling = new Map<string, Promise<void>>();
  const watchers = new Map<string, Set<(why: ProtocolError) => void>>();
  let enrolment = readEnrolment(options);
  let isFaultTold = false;

  /** Tells those who no longer may take part. */
  function turnAway(): void {
    for (const [clientId, those] of watchers) {
      const why = enrolment.refusal(clientId);
      if (why !== undefined) for (const tell of [...those]) tell(why);
    }
  }

  /** @returns what whoever waits for the write is told. */
  function notStored(cause: unknown): ProtocolError {
    // Any other failure is of this one event, and a run does not pause for it.
    if (store.readOnlyReason !== undefined && !isFaultTold) {
      isFaultTold = true;
      onFault?.(cause);
    }
    const wait = { cause, retryAfterMs: 30_000 };
    return new ProtocolError("UNAVAILABLE", "this could not be stored; try again later", wait);
  }

  async function record(event: IdentityEvent): Promise<void> {
    // Before anything is observed: taking it back reads the whole journal, and clients ask as often as they like.
    if (store.readOnlyReason !== undefined) throw notStored(new StoreReadOnlyError(store.readOnlyReason));
    isFaultTold = false;
    const observing = enrolment;
    observing.observe(event);
    const written = store.append(event);
    turnAway();
    try {
      await written;
    } catch (cause) {
      const refusal = notStored(cause);
      // Events that fail together are taken back together: whoever fails first reads the journal for all of them.
      if (enrolment === observing) {
        enrolment = readEnrolment(options);
        turnAway(); // who came in meanwhile by what could not be written
      }
      throw refusal;
    }
  }

  async function enrol(clientId: string, hash: ContentHash): Promise<void> {
    const writing = record({ kind: "client-enrolled", clientId, invitation: hash });
    enrolling.set(clientId, writing);
    try {
      await writing;
    } finally {
      enrolling.delete(clientId);
    }
  }

  async function replaceRoster({ roster, signature }: SignedRoster): Promise<void> {
    await record({ kind: "roster-replaced", roster, signature: toBase64(signature) });
  }

  return {
    get enrolment() {
      return enrolment;
    },
    keyEpoch: (clientId) => enrolment.keyEpoch(clientId),
    async admit(clientId, invitation) {
      const why = enrolment.refusal(clientId);
      if (why === undefined) return enrolling.get(clientId); // let in by another connection, perhaps a moment ago
      if (why.code !== "NOT_ENROLLED" || invitation === undefined) throw why;
      const hash = invitationHash(invitation, sha256);
      const expiresAtMs = enrolment.invitation(hash)?.expiresAtMs ?? Number.POSITIVE_INFINITY;
      if (expiresAtMs <= wallClockMs()) {
        throw new ProtocolError(
          "INVITATION_EXPIRED",
          `this invitation was good until ${new Date(expiresAtMs).toISOString()}`,
        );
      }
      await enrol(clientId, hash);
    },
    watch(clientId, onShutOut) {
      const why = enrolment.refusal(clientId);
      if (why !== undefined) throw why; // shut out while it was being let in
      const those = watchers.get(clientId) ?? new Set();
      watchers.set(clientId, those.add(onShutOut));
      return () => {
        those.delete(onShutOut);
        if (those.size === 0 && watchers.get(clientId) === those) watchers.delete(clientId);
      };
    },
    async rotate(clientId, { successor, signature, proof }) {
      await record({
        kind: "key-rotated",
        clientId,
        successor: toHex(successor),
        keyEpoch: enrolment.keyEpoch(clientId) + 1,
        signature: toBase64(signature),
        proof: toBase64(proof),
      });
    },
    async issueInvitations(count, lifeMs) {
      const expiresAtMs = wallClockMs() + lifeMs;
      const secrets = Array.from({ length: count }, () => createInvitation(random));
      const invitations = secrets.map((secret) => ({ hash: invitationHash(secret, sha256), expiresAtMs }));
      await record({ kind: "invitations-issued", invitations });
      return secrets.map((secret) => ({ secret, expiresAtMs }));
    },
    replaceRoster,
    async takeRoster(signed) {
      const { roster } = enrolment;
      if (roster !== undefined && signed.roster.version < roster.version) return roster;
      if (roster === undefined || canonicalJson(roster) !== canonicalJson(signed.roster)) await replaceRoster(signed);
      return undefined;
    },
    async revoke(clientId, reason) {
      if (!isStrictPublicKey(fromHex(clientId))) throw new ProtocolError("BAD_KEY", `${clientId} is no client's key`);
      if (enrolment.revoked.includes(clientId)) return;
      await record({ kind: "key-revoked", clientId, reason });
    },
  };
}

/** As the journal has it. @throws ProtocolError if an event does not follow from those before it. */
function readEnrolment({ plan, store, coordinatorKey, verify }: RunIdentityOptions): Enrolment {
  const enrolment = createEnrolment({ plan, coordinatorKey, verify });
  for (const { event } of store.events()) if (isIdentityEvent(event)) enrolment.observe(event);
  return enrolment;
}
