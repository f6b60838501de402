import { backoffWait } from "./backoff.ts";
import type { SessionEffect, SessionReport } from "./sessionEffect.ts";
import type { Assignment, SessionState } from "./sessionState.ts";

/** The next state and what to do; effects are performed in order. */
export interface SessionStep {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

const NOTHING: readonly SessionEffect[] = [];

/** Nothing changes: what happened is stale, repeated or of no concern. */
export function stay(state: SessionState): SessionStep {
  return { state, effects: NOTHING };
}

export function report(report: SessionReport): SessionEffect {
  return { type: "report", report };
}

/** The same state with other work under way, or none. */
export function withAssignment(state: SessionState, assignment: Assignment | undefined): SessionState {
  const { assignment: _previous, ...rest } = state;
  return assignment === undefined ? rest : { ...rest, assignment };
}

/** Gives up the work at hand, if any: its ticket is closed or the person stopped it. */
export function abandon(state: SessionState, reason: string): SessionStep {
  const { assignment } = state;
  if (assignment === undefined) return stay(state);
  const { offer } = assignment;
  const effects: SessionEffect[] = [{ type: "stop-timer", timer: "retry" }];
  if (assignment.stage === "training") effects.push({ type: "cancel-training", ticket: offer.ticket });
  effects.push({ type: "forget-work", ticket: offer.ticket }, report({ kind: "abandoned", offer, reason }));
  return { state: withAssignment(state, undefined), effects };
}

/**
 * The ticket was closed by the coordinator: the work is given up, but if its last byte is out already, the answer to it
 * is still waited for. A receipt may cross the news of the commit that it is in.
 */
export function closeTicket(state: SessionState, reason: string): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "uploading" || assignment.update === undefined) return abandon(state, reason);
  if (assignment.sentBytes < assignment.update.payloadBytes) return abandon(state, reason);
  const { offer, update, upload } = assignment;
  return andThen(dropOwed(state), (now) => ({
    state: { ...withAssignment(now, undefined), owed: { offer, update, upload } },
    effects: [],
  }));
}

/** Waits no longer for a receipt after the round: the commit says which updates it holds. */
export function dropOwed(state: SessionState): SessionStep {
  const { owed, ...rest } = state;
  if (owed === undefined) return stay(state);
  const { offer } = owed;
  return {
    state: rest,
    effects: [
      { type: "forget-work", ticket: offer.ticket },
      report({
        kind: "abandoned",
        offer,
        reason: "no receipt came before the round closed; its commit says if it counts",
      }),
    ],
  };
}

/** Eight chunks become one after three lost connections, and that a sixteenth of its size after seven: 8 KiB. */
const MAX_LOST_UPLOADS = 7;

/** Drops the connection (if it still stands) and waits with full jitter before the next. */
export function reconnectLater(state: SessionState, reason: string, retryAfterMs = 0): SessionStep {
  return andThen(dropOwed(state), (now) => disconnect(now, reason, retryAfterMs));
}

function disconnect(state: SessionState, reason: string, retryAfterMs: number): SessionStep {
  const failures = state.failures + 1;
  const wait = backoffWait(failures, retryAfterMs, state.options.longestWaitMs);
  const { assignment } = state;
  const isSending = assignment?.stage === "submitting" || assignment?.stage === "uploading";
  const lostUploads = Math.min(MAX_LOST_UPLOADS, state.lostUploads + (isSending ? 1 : 0));
  const halted = isSending ? withAssignment({ ...state, lostUploads }, { ...assignment, stage: "sealed" }) : state;
  return {
    state: { ...halted, link: { at: "waiting" }, failures },
    effects: [
      { type: "stop-timer", timer: "handshake" },
      { type: "disconnect", connection: state.connection },
      { type: "start-timer", timer: "reconnect", ...wait },
      report({ kind: "reconnecting", reason, failures, maxWaitMs: wait.maxMs }),
    ],
  };
}

/** One step after another: the effects of both, in order. */
export function andThen(first: SessionStep, next: (state: SessionState) => SessionStep): SessionStep {
  const second = next(first.state);
  if (first.effects.length === 0) return second;
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}
