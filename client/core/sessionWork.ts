import type { ContentHash } from "../../shared/base/hash.ts";
import { backoffWait } from "./backoff.ts";
import type { SessionEvent } from "./sessionEvent.ts";
import { isLater, type Offer, type SessionState } from "./sessionState.ts";
import { abandon, andThen, closeTicket, report, type SessionStep, stay, withAssignment } from "./sessionStep.ts";
import { submit } from "./sessionUpload.ts";

/** Params that do not match their hash are asked for again this often before the assignment is given up. */
const FETCHES_WITH_WRONG_HASH = 3;

export function onOffer(state: SessionState, offer: Offer): SessionStep {
  const { assignment, connection, run } = state;
  if (assignment?.offer.ticket === offer.ticket) {
    // Repeated after a reconnect: the work goes on.
    return { state, effects: [{ type: "send-accept", connection, ticket: offer.ticket }] };
  }
  if (state.delivered === offer.ticket) return { state, effects: [{ type: "forget-work", ticket: offer.ticket }] }; // it crossed the receipt
  if (state.latest !== undefined && !isLater(offer, state.latest)) {
    return { state, effects: [{ type: "send-decline", connection, ticket: offer.ticket }] };
  }
  const { round, attempt } = offer;
  return andThen(
    closeTicket({ ...state, latest: { round, attempt } }, "the coordinator went on to another offer"),
    (free) => {
      if (free.paused) return decline(free, offer, "paused");
      if (offer.numParams !== run?.numParams) {
        return decline(free, offer, `the offer has ${offer.numParams} params, the model ${run?.numParams}`);
      }
      return {
        state: withAssignment(free, { offer, stage: "fetching", upload: 0, ackedBytes: 0, sentBytes: 0, failures: 0 }),
        effects: [
          { type: "send-accept", connection, ticket: offer.ticket },
          report({ kind: "offered", offer }),
          { type: "fetch-params", ticket: offer.ticket, paramsHash: offer.baseParamsHash },
        ],
      };
    },
  );
}

function decline(state: SessionState, offer: Offer, reason: string): SessionStep {
  const effects = [report({ kind: "declined", offer, reason })];
  if (state.link.at !== "ready") return { state, effects };
  return {
    state,
    effects: [{ type: "send-decline", connection: state.connection, ticket: offer.ticket }, ...effects],
  };
}

export function onParamsFetched(state: SessionState, ticket: string, paramsHash: ContentHash): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "fetching" || assignment.offer.ticket !== ticket) return stay(state);
  const { offer } = assignment;
  if (paramsHash !== offer.baseParamsHash) {
    const message = `params expected ${offer.baseParamsHash}, got ${paramsHash}`;
    if (assignment.failures + 1 >= FETCHES_WITH_WRONG_HASH) return giveUp(state, message);
    return onParamsFailed(state, ticket, message);
  }
  return {
    state: withAssignment(state, { ...assignment, stage: "training", failures: 0 }),
    effects: [report({ kind: "training", offer }), { type: "train", offer }],
  };
}

export function onParamsFailed(state: SessionState, ticket: string, message: string): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "fetching" || assignment.offer.ticket !== ticket) return stay(state);
  const failures = assignment.failures + 1;
  return {
    state: withAssignment(state, { ...assignment, stage: "refetching", failures }),
    effects: [
      { type: "start-timer", timer: "retry", ...backoffWait(failures, 0, state.options.longestWaitMs) },
      report({ kind: "retrying", message }),
    ],
  };
}

export function onTrained(state: SessionState, ticket: string): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "training" || assignment.offer.ticket !== ticket) return stay(state);
  return {
    state: withAssignment(state, { ...assignment, stage: "sealing" }),
    effects: [{ type: "seal-update", offer: assignment.offer }],
  };
}

export function onUpdateSealed(
  state: SessionState,
  { ticket, headerHash, payloadBytes }: SessionEvent & { type: "update-sealed" },
): SessionStep {
  const { assignment } = state;
  if (assignment?.stage !== "sealing" || assignment.offer.ticket !== ticket) return stay(state);
  return submit(
    withAssignment(state, { ...assignment, stage: "sealed", update: { headerHash, payloadBytes }, failures: 0 }),
  );
}

export function onWorkFailed(state: SessionState, ticket: string, message: string): SessionStep {
  const { assignment } = state;
  if (assignment?.offer.ticket !== ticket) return stay(state);
  if (assignment.stage !== "training" && assignment.stage !== "sealing") return stay(state);
  return giveUp(state, message);
}

/** The retry timer: ask for the params again, or submit again. */
export function onRetry(state: SessionState): SessionStep {
  const { assignment } = state;
  if (assignment?.stage === "sealed") return submit(state);
  if (assignment?.stage !== "refetching") return stay(state);
  const { ticket, baseParamsHash } = assignment.offer;
  return {
    state: withAssignment(state, { ...assignment, stage: "fetching" }),
    effects: [{ type: "fetch-params", ticket, paramsHash: baseParamsHash }],
  };
}

/** The person pauses: training stops at once; an update that is on its way is still delivered. */
export function onPause(state: SessionState): SessionStep {
  const { assignment } = state;
  if (state.paused || state.link.at === "ended") return stay(state);
  const paused: SessionStep = { state: { ...state, paused: true }, effects: [report({ kind: "paused" })] };
  if (assignment === undefined || assignment.update !== undefined) return paused;
  return andThen(paused, (now) => giveUp(now, "paused"));
}

/** Gives the assignment back, so that the coordinator need not wait for it. */
function giveUp(state: SessionState, reason: string): SessionStep {
  const offer = state.assignment?.offer;
  if (offer === undefined) return stay(state);
  return andThen(abandon(state, reason), (free) => decline(free, offer, reason));
}
