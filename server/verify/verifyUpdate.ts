import { fromHex } from "../../shared/base/hash.ts";
import { type UpdateExpectation, type VerifiedHeader, verifyUpdateHeader } from "../../shared/protocol/checkUpdate.ts";
import { createOffer } from "../../shared/protocol/createOffer.ts";
import { manifestHash } from "../../shared/protocol/manifest.ts";
import { fromBase64 } from "../store/base64.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { VerifyPorts } from "./verifyPorts.ts";
import type { VerifiedRun } from "./verifyRunCreated.ts";

/** The attempt that an update answers. */
export interface AttemptFacts {
  readonly opened: JournalEventOf<"round-opened">;
  readonly numParams: number;
  /** Generation of the client's key. */
  readonly keyEpoch: number;
  /** Length of the params as clients fetch them, bytes. */
  readonly paramsBytes: number;
}

/** An update whose signed header says what the journal says. */
export interface VerifiedUpdate extends VerifiedHeader {
  readonly event: JournalEventOf<"update-accepted">;
  readonly expected: UpdateExpectation;
}

/**
 * Checks an accepted update with the very checks that a coordinator makes on arrival, against the assignment that the
 * journal holds; then that the event says what was signed.
 */
export function verifyUpdate(
  seq: number,
  event: JournalEventOf<"update-accepted">,
  run: VerifiedRun,
  attempt: AttemptFacts,
  ports: VerifyPorts,
): VerifiedUpdate | undefined {
  const { problems } = ports;
  const member = attempt.opened.members.find(({ clientId }) => clientId === event.clientId);
  if (member === undefined) {
    problems.add(seq, `client ${event.clientId} is not in the cohort of round ${event.round}`);
    return undefined;
  }
  const expected = expectationOf(run, attempt, member, ports);
  const submit = {
    header: fromBase64(event.header),
    signature: fromBase64(event.signature),
    manifest: fromBase64(event.manifest),
  };
  const verified = problems.attempt(seq, () => verifyUpdateHeader(expected, submit, ports));
  if (verified === undefined) return undefined;
  problems.expectEqual(seq, "headerHash", verified.headerHash, event.headerHash);
  problems.expectEqual(seq, "payloadHash", verified.header.payloadHash, event.payloadHash);
  problems.expectEqual(seq, "weight", verified.header.weight, event.weight);
  return { ...verified, event, expected };
}

/** What the coordinator handed to this member, and so what its update must say. */
function expectationOf(
  { plan, planHash, coordinatorKey }: VerifiedRun,
  { opened, keyEpoch, numParams, paramsBytes }: AttemptFacts,
  member: AttemptFacts["opened"]["members"][number],
  { sha256 }: VerifyPorts,
): UpdateExpectation {
  const { round, attempt, paramsHash } = member.base ?? opened;
  const offer = createOffer({
    round,
    attempt,
    ticket: fromHex(member.ticket),
    baseParamsHash: paramsHash,
    baseVersion: round, // round r starts from r commits
    deadlineMs: plan.deadlineMs,
    numParams,
    paramsBytes,
    handouts: opened.handouts ?? [],
  });
  return {
    plan,
    planHash,
    coordinatorKey,
    clientKey: fromHex(member.clientId),
    keyEpoch,
    offer,
    offerManifestHash: manifestHash(offer.manifest, sha256),
    currentVersion: opened.round,
  };
}
