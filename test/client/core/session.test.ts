import { describe, expect, it } from "vitest";
import { createSession, step } from "../../../client/core/session.ts";
import type { SessionEffect } from "../../../client/core/sessionEffect.ts";
import type { SessionEvent } from "../../../client/core/sessionEvent.ts";
import type { RunFacts, SessionOptions, SessionState } from "../../../client/core/sessionState.ts";
import type { ErrorCode } from "../../../shared/base/errors.ts";
import {
  CHALLENGE,
  hashOf,
  offerOf,
  PAYLOAD_BYTES,
  RUN,
  receipt,
  sealedEvent,
  settle,
  welcomeEvent,
} from "./honestWorld.ts";

const SMALL_CHUNKS = { chunkBytes: 1000, windowChunks: 2 };

function joined(options: Partial<SessionOptions> = SMALL_CHUNKS): SessionState {
  return settle(createSession(options), [{ type: "start" }]).state;
}

/** Applies the events one by one without answering their effects. */
function drive(state: SessionState, ...events: readonly SessionEvent[]) {
  return events.reduce(
    (so, event) => {
      const next = step(so.state, event);
      return { state: next.state, effects: [...next.effects] };
    },
    { state, effects: [] as ReturnType<typeof step>["effects"][number][] },
  );
}

/** A client whose sealed update waits for the answer to `submit`. */
function submitting(state = joined()) {
  const offer = offerOf(0);
  return drive(
    state,
    { type: "offer", connection: state.connection, offer },
    { type: "params-fetched", ticket: offer.ticket, paramsHash: offer.baseParamsHash },
    { type: "trained", ticket: offer.ticket },
    sealedEvent(offer.ticket),
  );
}

/** Answers the submission and its chunks until so many bytes are acknowledged. */
function settleUpTo(state: SessionState, bytes: number): SessionState {
  let at = drive(state, { type: "submit-answered", upload: 1, answer: { ok: true, offset: 0 } }).state;
  for (let offset = 1000; offset <= bytes; offset += 1000) {
    at = drive(at, { type: "chunk-answered", upload: 1, answer: { ok: true, offset } }).state;
  }
  return at;
}

const types = (effects: readonly { readonly type: string }[]): string[] =>
  effects.map(({ type }) => type).filter((type) => type !== "report");

describe("session", () => {
  it("goes from start to receipt in the order of the protocol", () => {
    const state = joined();
    expect(state.link.at).toBe("ready");
    const { effects } = settle(state, [{ type: "offer", connection: 1, offer: offerOf(0) }]);
    expect(types(effects)).toEqual([
      "send-accept",
      "fetch-params",
      "train",
      "seal-update",
      "stop-timer",
      "send-submit",
      "send-chunk", // the window: two of four chunks at once
      "send-chunk",
      "send-chunk",
      "send-chunk",
      "keep-receipt",
      "forget-work",
    ]);
  });

  it("goes on at the offset that the coordinator names", () => {
    const { state } = submitting();
    const { effects } = drive(state, { type: "submit-answered", upload: 1, answer: { ok: true, offset: 2500 } });
    expect(effects.filter((effect) => effect.type === "send-chunk")).toMatchObject([
      { offset: 2500, length: 1000 },
      { offset: 3500, length: 500 },
    ]);
  });

  it("submits the same update again after a lost connection, without training again", () => {
    const { state } = submitting();
    const uploading = drive(state, { type: "submit-answered", upload: 1, answer: { ok: true, offset: 0 } }).state;
    const cut = drive(uploading, { type: "connection-lost", connection: 1, reason: "cut" }).state;
    const { state: done, effects } = settle(cut, [{ type: "timer", timer: "reconnect" }]);
    expect(types(effects)).not.toContain("train");
    expect(types(effects)).not.toContain("seal-update");
    expect(effects).toContainEqual({ type: "send-submit", connection: 2, ticket: "0.0", upload: 2 });
    expect(done.receipts).toBe(1);
  });

  it.each([
    [0, 1, []],
    [3, 3, ["seal-update"]],
    [3, 4, []],
  ])("with %i versions of staleness and back in round %i, does %j with what it trained in round 0", (stale, round, done) => {
    const offer = offerOf(0);
    const training = drive(
      joined(),
      { type: "offer", connection: 1, offer },
      { type: "params-fetched", ticket: offer.ticket, paramsHash: offer.baseParamsHash },
      { type: "connection-lost", connection: 1, reason: "transport close" },
      { type: "timer", timer: "reconnect" },
      { type: "challenge", connection: 2, challenge: CHALLENGE },
      welcomeEvent(2, round, { ...RUN, maxStaleness: stale }),
    ).state;
    expect(types(drive(training, { type: "trained", ticket: offer.ticket }).effects)).toEqual(done);
  });

  it("sends half as much at once after each connection that an upload lost, in smaller chunks at last", () => {
    const first = drive(submitting().state, { type: "submit-answered", upload: 1, answer: { ok: true, offset: 0 } });
    const lengths = (effects: readonly SessionEffect[]): number[] =>
      effects.flatMap((effect) => (effect.type === "send-chunk" ? effect.length : []));
    expect(lengths(first.effects)).toEqual([1000, 1000]);
    let { state } = first;
    const sent: number[][] = [];
    for (let connection = 2; connection < 5; connection++) {
      const again = drive(
        state,
        { type: "connection-lost", connection: connection - 1, reason: "ping timeout" },
        { type: "timer", timer: "reconnect" },
        { type: "challenge", connection, challenge: CHALLENGE },
        welcomeEvent(connection),
        { type: "submit-answered", upload: connection, answer: { ok: true, offset: 0 } },
      );
      sent.push(lengths(again.effects));
      state = again.state;
    }
    expect(sent).toEqual([[1000], [500], [250]]);
    const answer = { ok: true, offset: PAYLOAD_BYTES, receipt } as const;
    expect(drive(state, { type: "chunk-answered", upload: 4, answer }).state.lostUploads).toBe(2);
  });

  it("takes a receipt as answer to the submission when the update was already durable", () => {
    const { state } = submitting();
    const { state: done, effects } = drive(state, {
      type: "submit-answered",
      upload: 1,
      answer: { ok: true, offset: PAYLOAD_BYTES, receipt },
    });
    expect(types(effects)).toEqual(["keep-receipt", "forget-work"]);
    expect(done.assignment).toBeUndefined();
  });

  it("neither declines nor trains for an offer that crossed the receipt for it", () => {
    const { state } = submitting();
    const answer = { ok: true, offset: PAYLOAD_BYTES, receipt } as const;
    const done = drive(state, { type: "submit-answered", upload: 1, answer }).state;
    const { effects } = drive(done, { type: "offer", connection: 1, offer: offerOf(0) });
    expect(effects).toEqual([{ type: "forget-work", ticket: "0.0" }]);
  });

  it.each([
    ["takes", 5, "announced"],
    ["takes", 9, "announced"],
    ["declines", 9, "committed"],
    ["declines", 10, "announced"],
  ])("%s a new offer of round %i from a coordinator that comes back in it, %s, after commit 9", (what, round, phase) => {
    const { state } = drive(
      joined(),
      { type: "commit", connection: 1, round: 9, attempt: 0, paramsHash: hashOf("a") },
      { type: "connection-lost", connection: 1, reason: "transport close" },
      { type: "timer", timer: "reconnect" },
      { type: "challenge", connection: 2, challenge: CHALLENGE },
      welcomeEvent(2, round, RUN, phase),
    );
    const { effects } = drive(state, { type: "offer", connection: 2, offer: offerOf(Math.min(round, 9)) });
    expect(types(effects)).toContain(what === "takes" ? "send-accept" : "send-decline");
  });

  it("keeps the receipt that crosses the news of its commit, and the next offer", () => {
    const { state } = submitting();
    const sent = settleUpTo(state, PAYLOAD_BYTES - 1000);
    const closed = drive(
      sent,
      { type: "commit", connection: 1, round: 0, attempt: 0, paramsHash: hashOf("d") },
      { type: "offer", connection: 1, offer: offerOf(1) },
    );
    expect(closed.state.assignment?.offer.round).toBe(1);
    const answer = { ok: true, offset: PAYLOAD_BYTES, receipt } as const;
    const { effects } = drive(closed.state, { type: "chunk-answered", upload: 1, answer });
    expect(types(effects)).toEqual(["keep-receipt", "forget-work"]);
  });

  it("waits for no receipt of a closed round once the connection is lost, nor with bytes unsent", () => {
    const { state } = submitting();
    const commit: SessionEvent = { type: "commit", connection: 1, round: 0, attempt: 0, paramsHash: hashOf("d") };
    const sent = drive(settleUpTo(state, PAYLOAD_BYTES - 1000), commit).state;
    const lost = drive(sent, { type: "connection-lost", connection: 1, reason: "cut" });
    expect(lost.effects).toContainEqual({ type: "forget-work", ticket: "0.0" });
    const unsent = drive(settleUpTo(state, 1000), commit);
    expect(unsent.effects).toContainEqual({ type: "forget-work", ticket: "0.0" });
  });

  it("keeps no receipt that does not verify or names another update", () => {
    for (const wrong of [
      { ...receipt, valid: false },
      { ...receipt, headerHash: hashOf("9") },
    ]) {
      const { state } = submitting();
      const { state: after, effects } = drive(state, {
        type: "submit-answered",
        upload: 1,
        answer: { ok: true, offset: PAYLOAD_BYTES, receipt: wrong },
      });
      expect(types(effects)).not.toContain("keep-receipt");
      expect(after.receipts).toBe(0);
    }
  });

  it("waits at least as long as the coordinator asks before it submits again", () => {
    const { state } = submitting();
    const { effects } = drive(state, {
      type: "submit-answered",
      upload: 1,
      answer: { ok: false, code: "RATE_LIMITED", message: "slow down", retryAfterMs: 4000 },
    });
    expect(effects).toContainEqual({ type: "start-timer", timer: "retry", minMs: 4000, maxMs: 4500 });
  });

  it.each<ErrorCode>([
    "ROUND_CLOSED",
    "UNKNOWN_TICKET",
    "BOUND_EXCEEDED",
    "EQUIVOCATION",
    "NOT_FINITE",
  ])("gives the ticket up when the submission is refused with %s", (code) => {
    const { state } = submitting();
    const refused = drive(state, { type: "submit-answered", upload: 1, answer: { ok: false, code, message: "no" } });
    expect(refused.state.assignment).toBeUndefined();
    expect(refused.state.link.at).toBe("ready");
    const again = settle(refused.state, [{ type: "offer", connection: 1, offer: offerOf(1) }]);
    expect(again.state.receipts).toBe(1);
  });

  it("stops training when an offer of a later attempt arrives, and trains for that", () => {
    const state = drive(
      joined(),
      { type: "offer", connection: 1, offer: offerOf(0) },
      { type: "params-fetched", ticket: "0.0", paramsHash: hashOf("d") },
    ).state;
    const { effects, state: next } = drive(state, { type: "offer", connection: 1, offer: offerOf(0, 1) });
    expect(types(effects)).toEqual(["stop-timer", "cancel-training", "forget-work", "send-accept", "fetch-params"]);
    expect(drive(next, { type: "trained", ticket: "0.0" }).effects).toEqual([]);
  });

  it("asks again for params that do not have the offered hash, and declines after three tries", () => {
    let state = drive(joined(), { type: "offer", connection: 1, offer: offerOf(0) }).state;
    const wrong: SessionEvent = { type: "params-fetched", ticket: "0.0", paramsHash: hashOf("0") };
    for (const _ of [1, 2]) {
      const retry = drive(state, wrong);
      expect(types(retry.effects)).toEqual(["start-timer"]);
      state = drive(retry.state, { type: "timer", timer: "retry" }).state;
    }
    expect(types(drive(state, wrong).effects)).toContain("send-decline");
  });

  it("declines while paused, stops training on pause, and still delivers what was sealed", () => {
    const { state } = submitting();
    const paused = drive(state, { type: "pause" }).state;
    const delivered = settle(paused, [{ type: "submit-answered", upload: 1, answer: { ok: true, offset: 0 } }]).state;
    expect(delivered.receipts).toBe(1);
    const { effects } = drive(delivered, { type: "offer", connection: 1, offer: offerOf(1) });
    expect(types(effects)).toEqual(["send-decline"]);
    const training = drive(
      joined(),
      { type: "offer", connection: 1, offer: offerOf(0) },
      { type: "params-fetched", ticket: "0.0", paramsHash: hashOf("d") },
      { type: "pause" },
    );
    expect(types(training.effects)).toEqual(["stop-timer", "cancel-training", "forget-work", "send-decline"]);
  });

  it.each([
    ["another protocol version", { ...CHALLENGE, protocolVersions: [2, 3] }, "VERSION_UNSUPPORTED"],
    ["another coordinator key", { ...CHALLENGE, coordinatorKey: "d".repeat(64) }, "BAD_KEY"],
    ["another run", { ...CHALLENGE, runId: "2".repeat(32) }, "WRONG_RUN"],
  ])("refuses %s before it sends anything", (_what, challenge, code) => {
    const pinned = createSession({ coordinatorKey: CHALLENGE.coordinatorKey, runId: RUN.runId });
    const { state, effects } = drive(
      pinned,
      { type: "start" },
      { type: "connected", connection: 1 },
      { type: "challenge", connection: 1, challenge },
    );
    expect(state.link).toMatchObject({ at: "ended", reason: "refused", code });
    expect(types(effects)).toContain("disconnect");
    expect(types(effects)).not.toContain("send-hello");
  });

  const [KEY, OTHER] = ["c".repeat(64), "d".repeat(64)];
  it.each<[string, Partial<SessionOptions>, boolean]>([
    ["the first 16 digits of its key are pinned", { coordinatorKey: KEY.slice(0, 16) }, true],
    ["those of another are", { coordinatorKey: OTHER.slice(0, 16) }, false],
    ["fewer are, which anybody's key may begin with", { coordinatorKey: KEY.slice(0, 15) }, false],
    ["its run is known to be its own", { knownCoordinators: { [RUN.runId]: KEY } }, true],
    ["its run is known to be another's", { knownCoordinators: { [RUN.runId]: OTHER } }, false],
    ["other runs are known", { knownCoordinators: { ["2".repeat(32)]: OTHER } }, true],
    ["it is pinned, whatever is known", { coordinatorKey: KEY, knownCoordinators: { [RUN.runId]: OTHER } }, true],
    ["another is pinned, whatever is known", { coordinatorKey: OTHER, knownCoordinators: { [RUN.runId]: KEY } }, false],
  ])("shows its key to a coordinator only as its pins allow: %s", (_what, options, isGreeted) => {
    const { state, effects } = drive(
      createSession(options),
      { type: "start" },
      { type: "connected", connection: 1 },
      { type: "challenge", connection: 1, challenge: CHALLENGE },
    );
    expect(types(effects).includes("send-hello")).toBe(isGreeted);
    if (!isGreeted) expect(state.link).toMatchObject({ at: "ended", reason: "refused", code: "BAD_KEY" });
  });

  it.each<[string, RunFacts, ErrorCode]>([
    ["another run than the challenge's", { ...RUN, runId: "2".repeat(32) }, "WRONG_RUN"],
    ["another plan than the pinned one", { ...RUN, planHash: hashOf("0") }, "PLAN_MISMATCH"],
    ["another model than the pinned one", { ...RUN, modelHash: hashOf("0") }, "MODEL_MISMATCH"],
    ["a model that is too large", { ...RUN, numParams: 5001 }, "BOUND_EXCEEDED"],
    ["too many epochs", { ...RUN, epochs: 11 }, "BOUND_EXCEEDED"],
  ])("refuses %s", (_what, run, code) => {
    const pins = { planHash: RUN.planHash, modelHash: RUN.modelHash, maxNumParams: 5000, maxEpochs: 10 };
    const { state } = drive(
      createSession(pins),
      { type: "start" },
      { type: "connected", connection: 1 },
      { type: "challenge", connection: 1, challenge: CHALLENGE },
      welcomeEvent(1, 0, run),
    );
    expect(state.link).toMatchObject({ at: "ended", reason: "refused", code });
  });

  it("refuses what its performer found unacceptable, in words", () => {
    const message = "examples expected [784], got [10]";
    const { state } = drive(joined(), { type: "unacceptable", connection: 1, code: "SHAPE_MISMATCH", message });
    expect(state.link).toEqual({ at: "ended", reason: "refused", code: "SHAPE_MISMATCH", message });
  });

  it("refuses a plan that changed since it was agreed to", () => {
    const cut = drive(joined(), { type: "connection-lost", connection: 1, reason: "cut" }).state;
    const { state } = drive(
      cut,
      { type: "timer", timer: "reconnect" },
      { type: "connected", connection: 2 },
      { type: "challenge", connection: 2, challenge: CHALLENGE },
      welcomeEvent(2, 0, { ...RUN, planHash: hashOf("8") }),
    );
    expect(state.link).toMatchObject({ at: "ended", reason: "refused", code: "PLAN_MISMATCH" });
  });

  it("waits longer after each failure to connect, up to 30 s", () => {
    let state = drive(createSession(), { type: "start" }).state;
    const ceilings: number[] = [];
    for (let i = 0; i < 9; i++) {
      const lost = drive(state, { type: "connection-lost", connection: state.connection, reason: "refused" });
      for (const effect of lost.effects) if (effect.type === "start-timer") ceilings.push(effect.maxMs);
      state = drive(lost.state, { type: "timer", timer: "reconnect" }).state;
    }
    expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  });

  it("waits no longer than it is told to, before connecting and before submitting again", () => {
    const quick = { longestWaitMs: 700 };
    const ceilingsOf = (effects: ReturnType<typeof drive>["effects"]): number[] =>
      effects.flatMap((effect) =>
        effect.type === "start-timer" && effect.timer !== "handshake" ? [effect.maxMs] : [],
      );
    let state = drive(createSession(quick), { type: "start" }).state;
    for (const ceiling of [500, 700, 700]) {
      const lost = drive(state, { type: "connection-lost", connection: state.connection, reason: "refused" });
      expect(ceilingsOf(lost.effects)).toEqual([ceiling]);
      state = drive(lost.state, { type: "timer", timer: "reconnect" }).state;
    }
    const again = submitting(joined(quick)).state;
    const busy = { ok: false, code: "UNAVAILABLE", message: "busy" } as const;
    let retry = drive(again, { type: "submit-answered", upload: 1, answer: busy });
    expect(ceilingsOf(retry.effects)).toEqual([500]);
    retry = drive(retry.state, { type: "timer", timer: "retry" }, { type: "submit-answered", upload: 2, answer: busy });
    expect(ceilingsOf(retry.effects)).toEqual([700]);
  });

  it("says goodbye, stops its timers and does nothing more after leaving", () => {
    const { state, effects } = drive(joined(), { type: "leave" });
    expect(types(effects)).toEqual(["send-leave", "stop-timer", "stop-timer", "disconnect"]);
    expect(drive(state, { type: "offer", connection: 1, offer: offerOf(5) }).effects).toEqual([]);
    expect(drive(state, { type: "start" }).effects).toEqual([]);
  });
});
