import { assertNever } from "../../shared/base/assert.ts";
import type { SessionEvent } from "./sessionEvent.ts";
import { connect, leave, onChallenge, onConnectionLost, onRejected, onWelcome, refuse } from "./sessionLink.ts";
import { onDeviceChanged, onPace } from "./sessionPace.ts";
import {
  type AgreedRun,
  COMMITTED,
  DEFAULT_SESSION_OPTIONS,
  isLater,
  type SessionOptions,
  type SessionState,
} from "./sessionState.ts";
import { andThen, closeTicket, reconnectLater, report, type SessionStep, stay } from "./sessionStep.ts";
import { onChunkAnswered, onSubmitAnswered } from "./sessionUpload.ts";
import {
  onOffer,
  onParamsFailed,
  onParamsFetched,
  onPause,
  onRetry,
  onTrained,
  onUpdateSealed,
  onWorkFailed,
} from "./sessionWork.ts";

/** Phases in which a round takes no more updates. */
const CLOSED_PHASES: ReadonlySet<string> = new Set(["sealed", "aggregated", "committed", "aborted", "finished"]);

/** A client that has not started yet. */
export function createSession(options: Partial<SessionOptions> = {}): SessionState {
  return {
    options: { ...DEFAULT_SESSION_OPTIONS, ...options },
    link: { at: "idle" },
    connection: 0,
    failures: 0,
    uploads: 0,
    receipts: 0,
    lostUploads: 0,
    paused: false,
  };
}

/**
 * A client that has joined already, on connection 1: what the simulator starts from, where there is nothing to
 * connect to. A performer without chunks answers `send-submit` with the receipt at once.
 */
export function joinedSession(run: AgreedRun, options: Partial<SessionOptions> = {}): SessionState {
  return { ...createSession(options), link: { at: "ready" }, connection: 1, run };
}

/**
 * Advances one client by one event. Pure: no clock, no I/O, no randomness; the caller performs the effects in order
 * and reports what came of them. Whatever is stale, repeated or foreign leaves the state as it was.
 *
 * Holds for every interleaving: a ticket is trained and sealed at most once; nothing is submitted for a ticket after
 * its round was seen to close; while the session has not ended, it is connected, connecting or waiting to connect.
 */
export function step(state: SessionState, event: SessionEvent): SessionStep {
  if (state.link.at === "ended") return stay(state);
  if ("connection" in event && event.connection !== state.connection) return stay(state);
  const ready = state.link.at === "ready";
  switch (event.type) {
    case "start":
      return state.link.at === "idle" ? connect(state) : stay(state);
    case "pause":
      return onPause(state);
    case "resume":
      return state.paused
        ? { state: { ...state, paused: false }, effects: [report({ kind: "resumed" })] }
        : stay(state);
    case "leave":
      return leave(state);
    case "connected":
      return state.link.at === "connecting"
        ? { state: { ...state, link: { at: "greeting" } }, effects: [] }
        : stay(state);
    case "connection-lost":
      return onConnectionLost(state, event.reason);
    case "challenge":
      return onChallenge(state, event.challenge);
    case "welcome":
      return onWelcome(state, event);
    case "unacceptable":
      return refuse(state, event.code, event.message);
    case "rejected":
      return onRejected(state, event);
    case "pace":
      return ready ? onPace(state, event.pace) : stay(state);
    case "device-changed":
      return onDeviceChanged(state);
    case "offer":
      return ready ? onOffer(state, event.offer) : stay(state);
    case "round":
      return ready ? onRound(state, event) : stay(state);
    case "commit":
      return ready ? onCommit(state, event) : stay(state);
    case "submit-answered":
      return onSubmitAnswered(state, event.upload, event.answer);
    case "chunk-answered":
      return onChunkAnswered(state, event.upload, event.answer);
    case "params-fetched":
      return onParamsFetched(state, event.ticket, event.paramsHash);
    case "params-failed":
      return onParamsFailed(state, event.ticket, event.message);
    case "trained":
      return onTrained(state, event.ticket);
    case "update-sealed":
      return onUpdateSealed(state, event);
    case "work-failed":
      return onWorkFailed(state, event.ticket, event.message);
    case "timer":
      return onTimer(state, event);
    default:
      return assertNever(event);
  }
}

/** The coordinator moved on: work for a round that takes no more updates is stopped. */
function onRound(state: SessionState, event: SessionEvent & { type: "round" }): SessionStep {
  const offer = state.assignment?.offer;
  if (offer === undefined) return stay(state);
  const maxStaleness = state.run?.maxStaleness ?? 0;
  const isPast = isLater(event, offer) || (!isLater(offer, event) && CLOSED_PHASES.has(event.phase));
  // An asynchronous run goes on with work of earlier rounds until it is too far behind.
  const over = maxStaleness > 0 ? event.round - offer.baseVersion > maxStaleness : isPast;
  if (!over && event.phase !== "finished") return stay(state);
  return closeTicket(state, `round ${offer.round} closed`);
}

function onCommit(state: SessionState, event: SessionEvent & { type: "commit" }): SessionStep {
  const { round, attempt, paramsHash } = event;
  const closed = { round, attempt: COMMITTED };
  const latest = state.latest !== undefined && isLater(state.latest, closed) ? state.latest : closed;
  const told: SessionStep = {
    state: { ...state, latest },
    effects: [report({ kind: "committed", round, attempt, paramsHash })],
  };
  const offer = state.assignment?.offer;
  const maxStaleness = state.run?.maxStaleness ?? 0;
  // The next round starts from commit round + 1.
  if (offer === undefined || round + 1 - offer.baseVersion <= maxStaleness) return told;
  return andThen(told, (now) => closeTicket(now, `round ${offer.round} was committed without this update`));
}

function onTimer(state: SessionState, { timer }: SessionEvent & { type: "timer" }): SessionStep {
  switch (timer) {
    case "reconnect":
      return state.link.at === "waiting" ? connect(state) : stay(state);
    case "handshake":
      return state.link.at === "connecting" || state.link.at === "greeting"
        ? reconnectLater(state, "the coordinator did not answer in time")
        : stay(state);
    case "retry":
      return onRetry(state);
    default:
      return assertNever(timer);
  }
}
