import { describe, expect, it } from "vitest";
import { createSession, step } from "../../../client/core/session.ts";
import type { SessionState } from "../../../client/core/sessionState.ts";
import { DEFAULT_SESSION_OPTIONS } from "../../../client/core/sessionState.ts";
import type { Pace } from "../../../shared/protocol/pace.ts";
import { offerOf, settle } from "./honestWorld.ts";

const joined = settle(createSession(), [{ type: "start" }]).state;
const long = DEFAULT_SESSION_OPTIONS.worthLeavingMs + 1;

function told(state: SessionState, retryAfterMs: number, reason: Pace["reason"] = "not-eligible") {
  return step(state, {
    type: "pace",
    connection: state.connection,
    pace: { reason, message: "this run asks for a device that is charging", retryAfterMs },
  });
}

describe("a client that will not be asked for a while", () => {
  it("stays when the wait is short, and tells its person why", () => {
    const { state, effects } = told(joined, long - 1);
    expect(state).toBe(joined);
    expect(effects).toMatchObject([{ type: "report", report: { kind: "paced", leaves: false } }]);
  });

  it("disconnects when it is long, and comes back then with a jitter on top", () => {
    const { state, effects } = told(joined, long);
    expect(state.link).toEqual({ at: "waiting", away: "not-eligible" });
    expect(state.failures).toBe(0);
    expect(effects).toMatchObject([
      { type: "report", report: { kind: "paced", leaves: true } },
      { type: "disconnect", connection: joined.connection },
      { type: "start-timer", timer: "reconnect", minMs: long, maxMs: long + 500 },
    ]);
    const back = step(state, { type: "timer", timer: "reconnect" });
    expect(back.state.link.at).toBe("connecting");
    expect(settle(state, [{ type: "timer", timer: "reconnect" }]).state.link).toEqual({ at: "ready" });
  });

  it("stays while it holds an assignment", () => {
    const busy = step(joined, { type: "offer", connection: joined.connection, offer: offerOf(0) }).state;
    const { state, effects } = told(busy, long);
    expect(state).toBe(busy);
    expect(effects).toMatchObject([{ type: "report", report: { kind: "paced", leaves: false } }]);
  });

  it("hears nothing of an earlier connection, and nothing before its welcome", () => {
    expect(told({ ...joined, connection: joined.connection + 1 }, long).state.link.at).toBe("waiting");
    const pace = { reason: "resting", message: "", retryAfterMs: long } as const;
    expect(step(joined, { type: "pace", connection: joined.connection - 1, pace }).effects).toEqual([]);
    const greeting = step(createSession(), { type: "start" }).state;
    expect(step(greeting, { type: "pace", connection: greeting.connection, pace }).effects).toEqual([]);
  });
});

describe("a change of the device", () => {
  it("is told while connected", () => {
    expect(step(joined, { type: "device-changed" })).toEqual({
      state: joined,
      effects: [{ type: "send-device", connection: joined.connection }],
    });
  });

  it("brings a client back at once that was not eligible, and no other", () => {
    const away = told(joined, long).state;
    const { state, effects } = step(away, { type: "device-changed" });
    expect(state.link.at).toBe("connecting");
    expect(effects.map(({ type }) => type)).toEqual(["stop-timer", "start-timer", "connect"]);
    for (const reason of ["resting", "not-needed"] as const) {
      const other = told(joined, long, reason).state;
      expect(step(other, { type: "device-changed" })).toEqual({ state: other, effects: [] });
    }
  });

  it("does not hurry a client that waits after a failure", () => {
    const lost = step(joined, { type: "connection-lost", connection: joined.connection, reason: "cut" }).state;
    expect(step(lost, { type: "device-changed" })).toEqual({ state: lost, effects: [] });
  });
});
