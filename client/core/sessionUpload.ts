import type { ErrorCode } from "../../shared/base/errors.ts";
import { backoffWait } from "./backoff.ts";
import type { SessionEffect } from "./sessionEffect.ts";
import type {
  Answer,
  Assignment,
  Offer,
  OwedReceipt,
  ReceiptFacts,
  Rejection,
  SealedUpdate,
  SessionState,
} from "./sessionState.ts";
import { abandon, dropOwed, reconnectLater, report, type SessionStep, stay, withAssignment } from "./sessionStep.ts";

/** After these the same submission may succeed later; every other code closes the ticket. */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set(["RATE_LIMITED", "UNAVAILABLE", "INTERNAL", "UPLOAD_OUT_OF_ORDER"]);

/** Submits the sealed update at hand, for the first time or again: the answer says where to go on. */
export function submit(state: SessionState): SessionStep {
  const { assignment, link } = state;
  if (assignment?.stage !== "sealed" || link.at !== "ready") return stay(state);
  const upload = state.uploads + 1;
  return {
    state: { ...state, uploads: upload, assignment: { ...assignment, stage: "submitting", upload } },
    effects: [
      { type: "stop-timer", timer: "retry" },
      { type: "send-submit", connection: state.connection, ticket: assignment.offer.ticket, upload },
    ],
  };
}

export function onSubmitAnswered(state: SessionState, upload: number, answer: Answer): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "submitting" || assignment.upload !== upload) return stay(state);
  if (!answer.ok) return onRefused(state, assignment, answer);
  if (answer.receipt !== undefined) return onReceipt(state, assignment, answer.receipt);
  const total = assignment.update?.payloadBytes ?? 0;
  if (answer.offset < 0 || answer.offset >= total) {
    return retryLater(state, assignment, `the coordinator has ${answer.offset} of ${total} bytes and sent no receipt`);
  }
  const { offer } = assignment;
  const started = assignment.failures === 0 && answer.offset === 0 ? [report({ kind: "uploading", offer })] : [];
  return sendChunks(
    state,
    { ...assignment, stage: "uploading", ackedBytes: answer.offset, sentBytes: answer.offset },
    started,
  );
}

export function onChunkAnswered(state: SessionState, upload: number, answer: Answer): SessionStep {
  const { assignment, owed } = state;
  if (owed?.upload === upload) return onOwedAnswered(state, owed, answer);
  if (assignment?.stage !== "uploading" || assignment.upload !== upload) return stay(state);
  if (!answer.ok) return onRefused(state, assignment, answer);
  if (answer.receipt !== undefined) return onReceipt(state, assignment, answer.receipt);
  const total = assignment.update?.payloadBytes ?? 0;
  if (answer.offset <= assignment.ackedBytes || answer.offset > assignment.sentBytes || answer.offset >= total) {
    return retryLater(state, assignment, `the coordinator answered a chunk with offset ${answer.offset}`);
  }
  const progress = report({
    kind: "uploaded",
    offer: assignment.offer,
    bytesDone: answer.offset,
    bytesTotal: total,
  });
  return sendChunks(state, { ...assignment, ackedBytes: answer.offset, failures: 0 }, [progress]);
}

/** Fills the window: chunks start at multiples of what was sent and the last one may be short. */
function sendChunks(state: SessionState, assignment: Assignment, before: readonly SessionEffect[]): SessionStep {
  const { chunkBytes, windowBytes } = paceOf(state);
  const total = assignment.update?.payloadBytes ?? 0;
  const effects = [...before];
  let sent = assignment.sentBytes;
  while (sent < total && sent - assignment.ackedBytes < windowBytes) {
    const length = Math.min(chunkBytes, total - sent);
    effects.push({
      type: "send-chunk",
      connection: state.connection,
      ticket: assignment.offer.ticket,
      upload: assignment.upload,
      offset: sent,
      length,
    });
    sent += length;
  }
  return { state: withAssignment(state, { ...assignment, sentBytes: sent }), effects };
}

/** Half of the window for each lost connection; below one chunk, smaller chunks. */
function paceOf({ options, lostUploads }: SessionState): { readonly chunkBytes: number; readonly windowBytes: number } {
  const windowBytes = Math.max(1, Math.floor((options.chunkBytes * options.windowChunks) / 2 ** lostUploads));
  return { chunkBytes: Math.min(options.chunkBytes, windowBytes), windowBytes };
}

/** The round is closed: a receipt is kept, an answer to an earlier chunk passed over, anything else ends the wait. */
function onOwedAnswered(state: SessionState, { offer, update }: OwedReceipt, answer: Answer): SessionStep {
  if (!answer.ok) return dropOwed(state);
  if (answer.receipt === undefined) return stay(state);
  if (!holds(answer.receipt, update)) return dropOwed(state);
  const { owed: _owed, ...rest } = state;
  return keep(rest, offer);
}

function onReceipt(state: SessionState, { offer, update }: Assignment, receipt: ReceiptFacts): SessionStep {
  if (!holds(receipt, update)) return abandon(state, "the coordinator's receipt does not verify");
  return keep(withAssignment(state, undefined), offer);
}

function holds(receipt: ReceiptFacts, update: SealedUpdate | undefined): boolean {
  return receipt.valid && receipt.headerHash === update?.headerHash;
}

function keep(state: SessionState, offer: Offer): SessionStep {
  const receipts = state.receipts + 1;
  return {
    state: { ...state, receipts, delivered: offer.ticket, lostUploads: Math.max(0, state.lostUploads - 1) },
    effects: [
      { type: "keep-receipt", ticket: offer.ticket },
      { type: "forget-work", ticket: offer.ticket },
      report({ kind: "receipt", offer, receipts }),
    ],
  };
}

function onRefused(state: SessionState, assignment: Assignment, rejection: Rejection): SessionStep {
  const { code, message, retryAfterMs } = rejection;
  if (code === "UNAUTHENTICATED") return reconnectLater(state, `${code}: ${message}`, retryAfterMs);
  if (!RETRYABLE.has(code)) return abandon(state, `${code}: ${message}`);
  return retryLater(state, assignment, `${code}: ${message}`, retryAfterMs);
}

/** Submits again after a while, to learn where the coordinator stands. */
function retryLater(
  state: SessionState,
  assignment: Assignment,
  message: string,
  retryAfterMs: number | undefined = 0,
): SessionStep {
  const failures = assignment.failures + 1;
  return {
    state: withAssignment(state, { ...assignment, stage: "sealed", failures }),
    effects: [
      { type: "start-timer", timer: "retry", ...backoffWait(failures, retryAfterMs, state.options.longestWaitMs) },
      report({ kind: "retrying", message }),
    ],
  };
}
