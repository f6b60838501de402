import { step } from "../../../client/core/session.ts";
import type { SessionEffect } from "../../../client/core/sessionEffect.ts";
import type { SessionEvent } from "../../../client/core/sessionEvent.ts";
import type { Challenge, Offer, RunFacts, SessionState } from "../../../client/core/sessionState.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";

export const hashOf = (digit: string): ContentHash => `sha256-${digit.repeat(64)}`;

export const RUN: RunFacts = {
  runId: "1".repeat(32),
  planHash: hashOf("a"),
  modelHash: hashOf("b"),
  numParams: 1000,
  epochs: 1,
  maxStaleness: 0,
};

export const CHALLENGE: Challenge = {
  protocolVersions: [1],
  nonce: "0".repeat(64),
  runId: RUN.runId,
  coordinatorKey: "c".repeat(64),
};

export function welcomeEvent(connection: number, round = 0, run: RunFacts = RUN, phase = "announced"): SessionEvent {
  return { type: "welcome", connection, run, round, phase };
}

export function offerOf(round: number, attempt = 0, ticket = `${round}.${attempt}`): Offer {
  return {
    round,
    attempt,
    ticket,
    baseParamsHash: hashOf("d"),
    baseVersion: round,
    deadlineMs: 60_000,
    numParams: RUN.numParams,
  };
}

export const PAYLOAD_BYTES = 4000;
export const sealedEvent = (ticket: string): SessionEvent => ({
  type: "update-sealed",
  ticket,
  headerHash: hashOf("e"),
  payloadBytes: PAYLOAD_BYTES,
});
export const receipt = { headerHash: hashOf("e"), valid: true };

/** What a healthy machine and a well-behaved coordinator answer to one effect. */
export function honestAnswers(effect: SessionEffect): SessionEvent[] {
  if (effect.type === "connect") {
    const { connection } = effect;
    return [
      { type: "connected", connection },
      { type: "challenge", connection, challenge: CHALLENGE },
    ];
  }
  const answer = honestAnswer(effect);
  return answer === undefined ? [] : [answer];
}

function honestAnswer(effect: SessionEffect): SessionEvent | undefined {
  switch (effect.type) {
    case "send-hello":
      return welcomeEvent(effect.connection);
    case "fetch-params":
      return { type: "params-fetched", ticket: effect.ticket, paramsHash: effect.paramsHash };
    case "train":
      return { type: "trained", ticket: effect.offer.ticket };
    case "seal-update":
      return sealedEvent(effect.offer.ticket);
    case "send-submit":
      return { type: "submit-answered", upload: effect.upload, answer: { ok: true, offset: 0 } };
    case "send-chunk": {
      const offset = effect.offset + effect.length;
      const last = offset === PAYLOAD_BYTES;
      return {
        type: "chunk-answered",
        upload: effect.upload,
        answer: last ? { ok: true, offset, receipt } : { ok: true, offset },
      };
    }
    default:
      return undefined;
  }
}

/** Runs until nothing is left to answer. */
export function settle(
  state: SessionState,
  events: readonly SessionEvent[],
): { state: SessionState; effects: SessionEffect[] } {
  const queue = [...events];
  const effects: SessionEffect[] = [];
  let current = state;
  while (queue.length > 0) {
    const event = queue.shift() as SessionEvent;
    const next = step(current, event);
    current = next.state;
    effects.push(...next.effects);
    queue.push(...next.effects.flatMap(honestAnswers));
  }
  return { state: current, effects };
}
