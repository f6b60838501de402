import type { Pace } from "../../shared/protocol/pace.ts";
import { backoffWait } from "./backoff.ts";
import { connect } from "./sessionLink.ts";
import type { SessionState } from "./sessionState.ts";
import { andThen, report, type SessionStep, stay } from "./sessionStep.ts";

/**
 * The client will not be asked for a while. If that is long and nothing is under way, it disconnects and comes back then;
 * else it stays: an idle connection costs next to nothing, and it may be asked sooner.
 */
export function onPace(state: SessionState, pace: Pace): SessionStep {
  const isFree = state.assignment === undefined && state.owed === undefined;
  const leaves = isFree && pace.retryAfterMs > state.options.worthLeavingMs;
  const told: SessionStep = { state, effects: [report({ kind: "paced", pace, leaves })] };
  if (!leaves) return told;
  return andThen(told, (now) => ({
    state: { ...now, link: { at: "waiting", away: pace.reason } },
    effects: [
      { type: "disconnect", connection: now.connection },
      { type: "start-timer", timer: "reconnect", ...backoffWait(1, pace.retryAfterMs) },
    ],
  }));
}

/** Says so; or comes back before its time, if it was what kept the client from being asked. */
export function onDeviceChanged(state: SessionState): SessionStep {
  const { link } = state;
  if (link.at === "ready") return { state, effects: [{ type: "send-device", connection: state.connection }] };
  if (link.at !== "waiting" || link.away !== "not-eligible") return stay(state);
  return andThen({ state, effects: [{ type: "stop-timer", timer: "reconnect" }] }, connect);
}
