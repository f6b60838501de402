import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, fromHex } from "../../shared/base/hash.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import {
  type UpdateExpectation,
  type UpdateVectors,
  verifyUpdateHeader,
  verifyUpdatePayload,
} from "../../shared/protocol/checkUpdate.ts";
import type { Chunk } from "../../shared/protocol/chunk.ts";
import type { Submit } from "../../shared/protocol/submit.ts";
import { ticketText } from "../../shared/protocol/ticket.ts";
import { parseUpdateHeader, updateHeaderHash } from "../../shared/protocol/updateHeader.ts";
import type { SignedReceipt, UploadAck } from "../../shared/protocol/uploadAck.ts";
import { decodeEvaluation } from "../../shared/train/evaluationPart.ts";
import { toBase64 } from "../store/base64.ts";
import type { Claim } from "../strategies/strategy.ts";
import type { Assignment, Assignments } from "./assignments.ts";
import { betweenRounds } from "./betweenRounds.ts";
import { findMember, type RoundState } from "./roundState.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { isOpen } from "./transition.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** An update that passed every check; it does not count before it is durable. */
export interface VerifiedUpdate {
  readonly upload: Upload;
  readonly payload: Uint8Array;
  readonly vectors: UpdateVectors;
}

export interface UpdateIntakeOptions {
  readonly run: Run;
  readonly ports: CoordinatorPorts;
  readonly assignments: Assignments;
  readonly uploads: Uploads;
  readonly state: () => RoundState;
  readonly isFinished: () => boolean;
  /** @throws RangeError if the strategy could not compute with an update that says this of itself. */
  readonly check: (claim: Claim) => void;
  /** Puts the update to the state machine and on the disk. @throws ProtocolError if it comes too late. */
  readonly accept: (update: VerifiedUpdate) => Promise<SignedReceipt>;
  readonly onBytes: (numBytes: number) => void;
  readonly onUploading: () => void;
  readonly onRejected: (assignment: Assignment, error: ProtocolError) => void;
}

/** @throws ProtocolError MALFORMED for states that are none of these metrics: they would spoil everybody's figures. */
function assertEvaluation(metrics: readonly Metric[], part: Float32Array | undefined): void {
  if (metrics.length === 0 || part === undefined) return;
  try {
    decodeEvaluation(metrics, part);
  } catch (cause) {
    throw new ProtocolError("MALFORMED", (cause as Error).message, { cause });
  }
}

/**
 * Takes in signed updates. Order of checks: size and rate (before this), ticket, header, signature, digest, codec,
 * finite, shape, bound; the first that fails names the code. The same update always gets the same receipt.
 */
export interface UpdateIntake {
  submit(clientId: string, submit: Submit): Promise<UploadAck>;
  chunk(clientId: string, chunk: Chunk): Promise<UploadAck>;
}

export function createUpdateIntake(options: UpdateIntakeOptions): UpdateIntake {
  const { run, ports, assignments, uploads } = options;
  /** Receipts on their way, by header hash: a repeated submission waits for the same one. */
  const inFlight = new Map<string, Promise<SignedReceipt>>();
  /** The tickets that these answer, and with which header. */
  const ticketsInFlight = new Map<string, ContentHash>();
  /** Those whose second answer was told: a line each is enough. */
  const equivocated = new WeakSet<Assignment>();

  function assignmentOf(clientId: string, ticket: string): Assignment {
    const assignment = assignments.find(ticket);
    if (assignment?.clientId !== clientId) {
      throw new ProtocolError("UNKNOWN_TICKET", "this ticket was not issued to you, or long ago");
    }
    return assignment;
  }

  function assertOpen({ clientId, ticket, offer: { round, attempt } }: Assignment): void {
    const state = options.state();
    const isMember = findMember(state, clientId)?.ticket === ticket;
    if (isMember && isOpen(state)) return;
    if (isMember && state.maxStaleness > 0 && !options.isFinished()) throw betweenRounds();
    throw new ProtocolError("ROUND_CLOSED", `round ${round} attempt ${attempt} takes no more updates`);
  }

  function expectation({ clientId, offer, offerManifestHash }: Assignment): UpdateExpectation {
    return {
      plan: run.plan,
      planHash: run.planHash,
      coordinatorKey: ports.signer.publicKey,
      clientKey: fromHex(clientId),
      keyEpoch: ports.admission?.keyEpoch(clientId) ?? 0,
      offer,
      offerManifestHash,
      currentVersion: run.plan.maxStaleness > 0 ? options.state().version : offer.baseVersion, // else asked apart
    };
  }

  /** Once an update is durable nothing may refuse it: a figure that the aggregate cannot take would stop every round. */
  function assertComputable(claim: Claim): void {
    try {
      options.check(claim);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new ProtocolError("BOUND_EXCEEDED", cause.message, { cause });
    }
  }

  function reporting<T>(assignment: Assignment, check: () => T): T {
    try {
      return check();
    } catch (error) {
      if (error instanceof ProtocolError) options.onRejected(assignment, error);
      throw error;
    }
  }

  /** Two headers that one key signed for one ticket are evidence against it: the first goes into the journal, the second into the log. */
  function equivocation(
    assignment: Assignment,
    first: ContentHash,
    second: ContentHash,
    submit: Submit,
  ): ProtocolError {
    const error = new ProtocolError("EQUIVOCATION", "another update was already received for this ticket");
    if (equivocated.has(assignment)) return error;
    equivocated.add(assignment);
    options.onRejected(assignment, error);
    const { clientId: client, offer } = assignment;
    const evidence = { header: toBase64(submit.header), signedAs: toBase64(submit.signature) }; // logs blot "signature" out
    ports.logger.warn(
      { client, round: offer.round, first, second, ...evidence },
      "another update for an answered ticket",
    );
    return error;
  }

  async function complete(upload: Upload, payload: Uint8Array): Promise<UploadAck> {
    const { assignment, verified } = upload;
    const vectors = reporting(assignment, () => {
      const checked = verifyUpdatePayload(expectation(assignment), verified, payload, ports.sha256);
      assertEvaluation(run.metrics, checked.parts.get("evaluation"));
      return checked;
    });
    const receipt = options.accept({ upload, payload, vectors });
    inFlight.set(verified.headerHash, receipt);
    ticketsInFlight.set(assignment.ticket, verified.headerHash);
    try {
      return { ok: true, receipt: await receipt };
    } finally {
      inFlight.delete(verified.headerHash);
      ticketsInFlight.delete(assignment.ticket);
    }
  }

  return {
    async submit(clientId, submit) {
      const { ticket: ticketBytes } = parseUpdateHeader(submit.header);
      const assignment = assignmentOf(clientId, ticketText(ticketBytes));
      const headerHash = updateHeaderHash(submit.header, ports.sha256);
      const pending = inFlight.get(headerHash);
      if (pending !== undefined) return { ok: true, receipt: await pending };
      const answered = assignments.answer(assignment.ticket);
      if (answered?.headerHash === headerHash) return { ok: true, receipt: answered.receipt };
      const verified = reporting(assignment, () => verifyUpdateHeader(expectation(assignment), submit, ports));
      const first = answered?.headerHash ?? ticketsInFlight.get(assignment.ticket);
      if (first !== undefined) throw equivocation(assignment, first, headerHash, submit);
      assertOpen(assignment);
      reporting(assignment, () => assertComputable({ clientId, metrics: verified.manifest.metrics }));
      options.onBytes(submit.header.length + submit.signature.length + submit.manifest.length);
      const offset = uploads.begin(assignment, submit, verified);
      options.onUploading();
      return { ok: true, offset };
    },
    async chunk(clientId, { ticket, offset, bytes }) {
      const assignment = assignmentOf(clientId, ticketText(ticket));
      // The round may have closed while the bytes were on their way; an answered ticket is told so by its submit.
      if (!uploads.has(assignment.ticket)) assertOpen(assignment);
      const { upload, payload } = uploads.write(assignment.ticket, offset, bytes);
      options.onBytes(bytes.length);
      if (payload === undefined) return { ok: true, offset: upload.received };
      try {
        return await complete(upload, payload);
      } catch (error) {
        const isToComeAgain = error instanceof ProtocolError && error.code === "UNAVAILABLE";
        if (isToComeAgain) uploads.reopen(upload, error.retryAfterMs ?? 0);
        throw error;
      } finally {
        uploads.settle(upload); // unless it is open again
      }
    },
  };
}
