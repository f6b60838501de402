import type { ErrorCode } from "../../shared/base/errors.ts";
import type { SessionEvent } from "./sessionEvent.ts";
import { type Challenge, COMMITTED, type Offer, type RunFacts, type SessionState } from "./sessionState.ts";
import { abandon, andThen, dropOwed, reconnectLater, report, type SessionStep, stay } from "./sessionStep.ts";
import { submit } from "./sessionUpload.ts";

/** Refusals of the coordinator that a new connection cannot mend. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "VERSION_UNSUPPORTED",
  "BAD_KEY",
  "WRONG_RUN",
  "PLAN_MISMATCH",
  "MODEL_MISMATCH",
  "NOT_FOUND",
  "NOT_ENROLLED",
  "INVITATION_UNKNOWN",
  "INVITATION_USED",
  "INVITATION_EXPIRED",
  "KEY_REVOKED",
]);
/** Refusals after which the connection is given up for a while. */
const RECONNECT: ReadonlySet<ErrorCode> = new Set(["UNAUTHENTICATED", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL"]);

export function connect(state: SessionState): SessionStep {
  const connection = state.connection + 1;
  const timeout = state.options.handshakeTimeoutMs;
  return {
    state: { ...state, connection, link: { at: "connecting" } },
    effects: [
      { type: "start-timer", timer: "handshake", minMs: timeout, maxMs: timeout },
      { type: "connect", connection },
    ],
  };
}

/** Whether a key is the one that somebody insists on, by the whole of it or by at least its first 16 digits; lower-case hex. */
export function isPinnedKey(key: string, pinned: string): boolean {
  return pinned.length >= 16 && key.startsWith(pinned);
}

/** Nothing more is sent or done: the client refuses this coordinator and says why. */
export function refuse(state: SessionState, code: ErrorCode, message: string): SessionStep {
  return andThen(giveUpAll(state, message), (free) => ({
    state: { ...free, link: { at: "ended", reason: "refused", code, message } },
    effects: [...stopEverything(free), report({ kind: "refused", code, message })],
  }));
}

export function leave(state: SessionState): SessionStep {
  if (state.link.at === "ended") return stay(state);
  const ready = state.link.at === "ready";
  return andThen(giveUpAll(state, "left"), (free) => ({
    state: { ...free, link: { at: "ended", reason: "left", message: "left" } },
    effects: [
      ...(ready ? [{ type: "send-leave", connection: free.connection } as const] : []),
      ...stopEverything(free),
      report({ kind: "left" }),
    ],
  }));
}

function giveUpAll(state: SessionState, reason: string): SessionStep {
  return andThen(dropOwed(state), (now) => abandon(now, reason));
}

function stopEverything(state: SessionState): SessionStep["effects"] {
  return [
    { type: "stop-timer", timer: "handshake" },
    { type: "stop-timer", timer: "reconnect" },
    { type: "disconnect", connection: state.connection },
  ];
}

export function onConnectionLost(state: SessionState, reason: string): SessionStep {
  const { at } = state.link;
  if (at === "idle" || at === "waiting" || at === "ended") return stay(state);
  return reconnectLater(state, reason);
}

/** The coordinator shows who it is before it learns anything: pins are checked here. */
export function onChallenge(state: SessionState, challenge: Challenge): SessionStep {
  const { options, run, link } = state;
  if (link.at !== "connecting" && link.at !== "greeting") return stay(state);
  if (link.at === "greeting" && link.challenge !== undefined) return stay(state);
  if (!challenge.protocolVersions.includes(options.protocolVersion)) {
    const offered = challenge.protocolVersions.join(", ");
    return refuse(
      state,
      "VERSION_UNSUPPORTED",
      `this client speaks protocol ${options.protocolVersion}, the coordinator ${offered}`,
    );
  }
  const { coordinatorKey } = challenge;
  const key = run?.coordinatorKey ?? options.coordinatorKey ?? options.knownCoordinators?.[challenge.runId];
  if (key !== undefined && !isPinnedKey(coordinatorKey, key)) {
    return refuse(state, "BAD_KEY", `coordinator key expected ${key}, got ${coordinatorKey}`);
  }
  const runId = run?.runId ?? options.runId;
  if (runId !== undefined && runId !== challenge.runId) {
    return refuse(state, "WRONG_RUN", `run expected ${runId}, got ${challenge.runId}; join again to see the new run`);
  }
  return {
    state: { ...state, link: { at: "greeting", challenge } },
    effects: [{ type: "send-hello", connection: state.connection, challenge }],
  };
}

/** Joins if the run is what it claims to be, what was agreed before, and within what this client accepts. */
export function onWelcome(state: SessionState, event: SessionEvent & { type: "welcome" }): SessionStep {
  const challenge = state.link.at === "greeting" ? state.link.challenge : undefined;
  if (challenge === undefined) return stay(state);
  const fault = findFault(state, challenge, event.run);
  if (fault !== undefined) return refuse(state, fault.code, fault.message);
  const run = { ...event.run, coordinatorKey: challenge.coordinatorKey };
  const { latest, ...others } = state;
  const isKept = latest !== undefined && !isRewound(latest, event);
  const joined: SessionStep = {
    state: { ...others, ...(isKept && { latest }), link: { at: "ready" }, failures: 0, run },
    effects: [{ type: "stop-timer", timer: "handshake" }, report({ kind: "joined", round: event.round })],
  };
  const { assignment } = state;
  const isOver = ({ baseVersion }: Offer): boolean => event.round - baseVersion > run.maxStaleness;
  if (assignment !== undefined && assignment.update === undefined && isOver(assignment.offer)) {
    return andThen(joined, (now) => abandon(now, "the round closed while the connection was down"));
  }
  return andThen(joined, submit);
}

/**
 * Whether the coordinator stands before what this client heard from it: it was restored from a backup. Its offers are new ones, of
 * rounds that this client believes are over.
 */
function isRewound(
  latest: NonNullable<SessionState["latest"]>,
  { round, phase }: { round: number; phase: string },
): boolean {
  const wasCommitted = latest.attempt === COMMITTED;
  const isCommitted = phase === "committed" || phase === "finished";
  return round < latest.round || (round === latest.round && wasCommitted && !isCommitted);
}

interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
}

function findFault({ options, run }: SessionState, challenge: Challenge, shown: RunFacts): Fault | undefined {
  const expected = {
    runId: challenge.runId,
    planHash: run?.planHash ?? options.planHash ?? shown.planHash,
    modelHash: run?.modelHash ?? options.modelHash ?? shown.modelHash,
  };
  if (shown.runId !== expected.runId) return mismatch("WRONG_RUN", "run", expected.runId, shown.runId);
  if (shown.planHash !== expected.planHash) {
    return mismatch("PLAN_MISMATCH", "plan", expected.planHash, shown.planHash);
  }
  if (shown.modelHash !== expected.modelHash) {
    return mismatch("MODEL_MISMATCH", "model", expected.modelHash, shown.modelHash);
  }
  const { maxNumParams, maxEpochs } = options;
  if (shown.numParams > maxNumParams)
    return mismatch("BOUND_EXCEEDED", "params", `<= ${maxNumParams}`, shown.numParams);
  if (shown.epochs > maxEpochs) return mismatch("BOUND_EXCEEDED", "local epochs", `<= ${maxEpochs}`, shown.epochs);
  return undefined;
}

function mismatch(code: ErrorCode, what: string, expected: string, got: string | number): Fault {
  return { code, message: `${what} expected ${expected}, got ${got}` };
}

/** A rejection outside of an upload: of the hello, of an accepted ticket, or of the connection as a whole. */
export function onRejected(state: SessionState, event: SessionEvent & { type: "rejected" }): SessionStep {
  const { code, message, retryAfterMs, ticket } = event;
  const { at } = state.link;
  if (at === "idle" || at === "waiting" || at === "ended") return stay(state);
  const told: SessionStep = { state, effects: [report({ kind: "rejected", code, message })] };
  if (ticket !== undefined) {
    if (state.assignment?.offer.ticket !== ticket) return told;
    if (code === "RATE_LIMITED" || code === "UNAVAILABLE") return told; // accept is a courtesy: the work goes on
    return andThen(told, (now) => abandon(now, `${code}: ${message}`));
  }
  if (at !== "ready" && FINAL.has(code)) return refuse(state, code, message);
  if (at !== "ready" || RECONNECT.has(code)) return reconnectLater(state, `${code}: ${message}`, retryAfterMs);
  return told;
}
