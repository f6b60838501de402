import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSession, joinedSession, step } from "../../../client/core/session.ts";
import type { SessionEffect } from "../../../client/core/sessionEffect.ts";
import type { SessionEvent, SessionTimer } from "../../../client/core/sessionEvent.ts";
import { isLater, type SessionState } from "../../../client/core/sessionState.ts";
import { ERROR_CODES } from "../../../shared/base/errors.ts";
import {
  CHALLENGE,
  hashOf,
  honestAnswers,
  offerOf,
  PAYLOAD_BYTES,
  RUN,
  receipt,
  sealedEvent,
  settle,
  welcomeEvent,
} from "./honestWorld.ts";

const SEED = 20260723;
const RUNS = { seed: SEED, numRuns: 1000 };

/**
 * An event before it is known which connection and which submission it will meet: `lag` makes it stale. Without `make`
 * it is the honest answer to the oldest effect that has none yet, so that random runs get as far as real ones.
 */
interface Draft {
  readonly lag: number;
  readonly make?: (connection: number, upload: number) => SessionEvent;
}

const offers = [offerOf(0), offerOf(0, 1), offerOf(1), offerOf(1, 0, "1.0 again"), offerOf(2), offerOf(3, 2)];
const tickets = offers.map((offer) => offer.ticket);
const anyTicket = fc.constantFrom(...tickets);
const anyCode = fc.constantFrom(...ERROR_CODES);
const anyOffset = fc.constantFrom(-1, 0, 1000, 2000, 3000, PAYLOAD_BYTES, PAYLOAD_BYTES + 1);
const anyRetry = fc.constantFrom(0, 5, 10_000_000);
const anyAnswer = fc.oneof(
  anyOffset.map((offset) => ({ ok: true, offset }) as const),
  fc.constantFrom(
    { ok: true, offset: PAYLOAD_BYTES, receipt } as const,
    { ok: true, offset: PAYLOAD_BYTES, receipt: { ...receipt, valid: false } } as const,
    { ok: true, offset: 0, receipt: { headerHash: hashOf("f"), valid: true } } as const,
  ),
  fc
    .tuple(anyCode, anyRetry)
    .map(([code, retryAfterMs]) => ({ ok: false, code, message: "no", retryAfterMs }) as const),
);

const body: fc.Arbitrary<NonNullable<Draft["make"]>> = fc.oneof(
  fc
    .constantFrom<SessionEvent["type"][]>("start", "pause", "resume", "device-changed")
    .map((type) => () => ({ type }) as SessionEvent),
  fc.constant((connection: number) => ({ type: "connected", connection }) as const),
  fc.constant((connection: number) => ({ type: "connection-lost", connection, reason: "cut" }) as const),
  {
    weight: 3,
    arbitrary: fc.constant((connection: number) => ({ type: "challenge", connection, challenge: CHALLENGE }) as const),
  },
  { weight: 3, arbitrary: fc.nat(4).map((round) => (connection: number) => welcomeEvent(connection, round)) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(...offers)
      .map((offer) => (connection: number) => ({ type: "offer", connection, offer }) as const),
  },
  fc.tuple(fc.nat(3), fc.nat(2), fc.constantFrom("collecting", "sealed", "committed", "aborted")).map(
    ([round, attempt, phase]) =>
      (connection: number) =>
        ({ type: "round", connection, round, attempt, phase }) as const,
  ),
  fc.tuple(fc.nat(3), fc.nat(2)).map(
    ([round, attempt]) =>
      (connection: number) =>
        ({ type: "commit", connection, round, attempt, paramsHash: hashOf("d") }) as const,
  ),
  fc
    .tuple(anyCode, fc.option(anyTicket, { nil: undefined }), anyRetry)
    .map(([code, ticket, retryAfterMs]) => (connection: number) => ({
      type: "rejected" as const,
      connection,
      code,
      message: "no",
      retryAfterMs,
      ...(ticket === undefined ? {} : { ticket }),
    })),
  fc.tuple(fc.constantFrom("not-eligible", "resting", "not-needed"), anyRetry).map(
    ([reason, retryAfterMs]) =>
      (connection: number) =>
        ({ type: "pace", connection, pace: { reason, message: "not now", retryAfterMs } }) as const,
  ),
  {
    weight: 3,
    arbitrary: anyAnswer.map(
      (answer) => (_: number, upload: number) => ({ type: "submit-answered", upload, answer }) as const,
    ),
  },
  {
    weight: 3,
    arbitrary: anyAnswer.map(
      (answer) => (_: number, upload: number) => ({ type: "chunk-answered", upload, answer }) as const,
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(anyTicket, fc.constantFrom(hashOf("d"), hashOf("d"), hashOf("0"))).map(
      ([ticket, paramsHash]) =>
        () =>
          ({ type: "params-fetched", ticket, paramsHash }) as const,
    ),
  },
  anyTicket.map((ticket) => () => ({ type: "params-failed", ticket, message: "404" }) as const),
  { weight: 3, arbitrary: anyTicket.map((ticket) => () => ({ type: "trained", ticket }) as const) },
  { weight: 3, arbitrary: anyTicket.map((ticket) => () => sealedEvent(ticket)) },
  anyTicket.map((ticket) => () => ({ type: "work-failed", ticket, message: "diverged" }) as const),
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<SessionTimer[]>("reconnect", "handshake", "retry")
      .map((timer) => () => ({ type: "timer", timer }) as const),
  },
);

const anyDrafts = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<Draft>({ lag: 0 }) },
    { weight: 1, arbitrary: fc.record<Draft>({ lag: fc.constantFrom(0, 0, 0, 0, 1), make: body }) },
  ),
  { minLength: 1, maxLength: 150, size: "max" },
);

/** Plays the drafts and hands every step to the checker. */
function play(
  start: SessionState,
  drafts: readonly Draft[],
  check: (before: SessionState, event: SessionEvent, after: SessionState, effects: readonly SessionEffect[]) => void,
): SessionState {
  let state = start;
  const answers: SessionEvent[] = [];
  for (const { lag, make } of drafts) {
    const event = make === undefined ? answers.shift() : make(state.connection - lag, state.uploads - lag);
    if (event === undefined) continue;
    const next = step(state, event);
    check(state, event, next.state, next.effects);
    state = next.state;
    answers.push(...next.effects.flatMap(honestAnswers));
  }
  return state;
}

const anyStart = fc.constantFrom(
  createSession({ chunkBytes: 1000, windowChunks: 2 }),
  joinedSession({ ...RUN, coordinatorKey: CHALLENGE.coordinatorKey }, { chunkBytes: 1000, windowChunks: 2 }),
);

describe("any interleaving of events", () => {
  it("trains and seals at most once for a ticket", () => {
    fc.assert(
      fc.property(anyStart, anyDrafts, (start, drafts) => {
        const seen: string[] = [];
        play(start, drafts, (_before, _event, _after, effects) => {
          for (const effect of effects) {
            if (effect.type === "train" || effect.type === "seal-update")
              seen.push(`${effect.type} ${effect.offer.ticket}`);
          }
        });
        expect(seen).toEqual([...new Set(seen)]);
      }),
      RUNS,
    );
  });

  it("sends nothing of an update once its ticket is closed, declined or answered with a receipt", () => {
    fc.assert(
      fc.property(anyStart, anyDrafts, (start, drafts) => {
        const closed = new Set<string>();
        play(start, drafts, (before, event, after, effects) => {
          // A restored coordinator: its tickets are new ones, though here they have the same names.
          if (event.type === "welcome" && before.latest !== undefined && after.latest === undefined) closed.clear();
          // What the coordinator itself declared closed, told apart without asking the session.
          if (before.link.at === "ready" && "connection" in event && event.connection === before.connection) {
            if (event.type === "commit")
              for (const { ticket } of offers.filter((o) => o.round <= event.round)) closed.add(ticket);
            if (event.type === "round" && ["sealed", "committed", "aborted"].includes(event.phase)) {
              const mine = before.assignment?.offer;
              if (mine !== undefined && !isLater(mine, event)) closed.add(mine.ticket);
            }
          }
          for (const effect of effects) {
            if (effect.type === "send-submit" || effect.type === "send-chunk")
              expect(closed).not.toContain(effect.ticket);
            if (effect.type === "keep-receipt" || effect.type === "send-decline") closed.add(effect.ticket);
            if (effect.type === "report" && effect.report.kind === "abandoned") closed.add(effect.report.offer.ticket);
          }
        });
      }),
      RUNS,
    );
  });

  it("never stops reconnecting, fetching or submitting: whoever waits has a timer running", () => {
    fc.assert(
      fc.property(anyStart, anyDrafts, (start, drafts) => {
        const timers = new Set<string>();
        let open = start.link.at === "ready" ? start.connection : 0;
        play(start, drafts, (_before, event, after, effects) => {
          if (event.type === "timer") timers.delete(event.timer);
          for (const effect of effects) {
            if (effect.type === "start-timer") timers.add(effect.timer);
            if (effect.type === "stop-timer") timers.delete(effect.timer);
            if (effect.type === "connect") open = effect.connection;
            if (effect.type === "disconnect") open = 0;
          }
          const { at } = after.link;
          if (at === "waiting") expect(timers).toContain("reconnect");
          if (at === "connecting" || at === "greeting") expect(timers).toContain("handshake");
          if (at === "ready" || at === "connecting" || at === "greeting") expect(open).toBe(after.connection);
          const stage = after.assignment?.stage;
          if (stage === "refetching" || (stage === "sealed" && at === "ready")) expect(timers).toContain("retry");
        });
      }),
      RUNS,
    );
  });

  it("still delivers the next update to a well-behaved coordinator, unless it refused this one", () => {
    fc.assert(
      fc.property(anyStart, anyDrafts, (start, drafts) => {
        const state = play(start, drafts, () => {});
        if (state.link.at === "ended") return;
        const wake: SessionEvent[] = [
          { type: "start" },
          { type: "resume" },
          { type: "connection-lost", connection: state.connection, reason: "cut" },
          { type: "timer", timer: "reconnect" },
        ];
        const awake = settle(state, wake).state;
        expect(awake.link.at).toBe("ready");
        const { effects } = settle(awake, [{ type: "offer", connection: awake.connection, offer: offerOf(9) }]);
        expect(effects).toContainEqual({ type: "keep-receipt", ticket: "9.0" });
      }),
      RUNS,
    );
  });

  it("keeps the window: never more than windowChunks unanswered, never past the end, never twice in one submission", () => {
    fc.assert(
      fc.property(anyStart, anyDrafts, (start, drafts) => {
        const sent = new Set<string>();
        play(start, drafts, (_before, _event, after, effects) => {
          for (const effect of effects) {
            if (effect.type !== "send-chunk") continue;
            const key = `${effect.upload}@${effect.offset}`;
            expect(sent).not.toContain(key);
            sent.add(key);
            expect(effect.offset + effect.length).toBeLessThanOrEqual(PAYLOAD_BYTES);
          }
          const { assignment } = after;
          if (assignment?.stage === "uploading") {
            expect(assignment.sentBytes - assignment.ackedBytes).toBeLessThanOrEqual(2 * 1000);
          }
        });
      }),
      RUNS,
    );
  });
});
