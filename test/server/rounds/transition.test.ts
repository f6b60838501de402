import { describe, expect, it } from "vitest";
import {
  type Answer,
  type Collection,
  idleRound,
  nextAttempt,
  plainCollections,
  type RoundEffect,
  type RoundEvent,
  type RoundState,
} from "../../../server/rounds/roundState.ts";
import { transition } from "../../../server/rounds/transition.ts";

const FIRST = { round: 0, attempt: 0 } as const;
const PLAIN = plainCollections({ goal: 2, quorum: 1, deadlineMs: 1000 });

function member(clientId: string): { clientId: string; ticket: string } {
  return { clientId, ticket: `ticket-${clientId}` };
}

function opened(clients: readonly string[], collections: readonly Collection[] = PLAIN): RoundState {
  return transition(idleRound(), { type: "opened", ...FIRST, members: clients.map(member), collections }).state;
}

function update(clientId: string, changes: Partial<Answer> = {}): RoundEvent {
  return {
    type: "update-verified",
    ...FIRST,
    ...member(clientId),
    headerHash: `header-${clientId}`,
    weight: 3,
    baseVersion: 0,
    collection: "update",
    ...changes,
  };
}

function durable(clientId: string): RoundEvent {
  return { type: "update-durable", ...FIRST, clientId };
}

/** Feeds events; returns the last state and the effects of the last event. */
function play(
  state: RoundState,
  ...events: readonly RoundEvent[]
): { state: RoundState; effects: readonly RoundEffect[] } {
  let effects: readonly RoundEffect[] = [];
  for (const event of events) ({ state, effects } = transition(state, event));
  return { state, effects };
}

const types = (effects: readonly RoundEffect[]): readonly string[] => effects.map(({ type }) => type);
const DEADLINE: RoundEvent = { type: "deadline-passed", ...FIRST, collection: "update" };

describe("transition", () => {
  it("takes an answer to an offer of an asynchronous run also while a commit is made: the next round goes on with it", () => {
    const members = ["a", "b", "c"].map(member);
    const collections = plainCollections({ goal: 1, quorum: 1, deadlineMs: 1000 });
    const sealed = play(
      idleRound({ maxStaleness: 3 }),
      { type: "opened", ...FIRST, members, collections },
      update("a"),
      durable("a"),
    ).state;
    expect(sealed.phase).toBe("sealed");
    const { state, effects } = play(sealed, { type: "accepted", ...member("b") }, { type: "declined", ...member("c") });
    expect(effects).toEqual([]);
    expect(state.members.map(({ status }) => status)).toEqual(["answered", "working", "declined"]);
    expect(state).toMatchObject({ phase: "sealed", numPending: 1 });
    expect(play(state, { type: "accepted", ...member("c") }).effects).toMatchObject([{ code: "ROUND_CLOSED" }]);
  });

  it("announces a round to its cohort and sets the deadline", () => {
    const { state, effects } = transition(idleRound(), {
      type: "opened",
      ...FIRST,
      members: [member("a"), member("b")],
      collections: PLAIN,
    });
    expect(state.phase).toBe("announced");
    expect(types(effects)).toEqual(["announce", "set-deadline"]);
  });

  it("gives a receipt and folds only after the update is durable", () => {
    const appended = play(opened(["a", "b"]), update("a"));
    expect(types(appended.effects)).toEqual(["append"]);
    expect(types(play(appended.state, durable("a")).effects)).toEqual(["receipt", "fold"]);
  });

  it("seals at the goal with sorted hashes and the total weight", () => {
    const { state, effects } = play(opened(["b", "a", "c"]), update("b"), durable("b"), update("a"), durable("a"));
    expect(state.phase).toBe("sealed");
    expect(effects.at(-1)).toEqual({ type: "aggregate", headerHashes: ["header-a", "header-b"], totalWeight: 6 });
  });

  it("does not seal while an append is in flight, even after the deadline", () => {
    const waiting = play(opened(["a", "b", "c"]), update("a"), durable("a"), update("b"), DEADLINE);
    expect(waiting.state.phase).toBe("collecting");
    expect(play(waiting.state, durable("b")).effects.at(-1)).toMatchObject({ headerHashes: ["header-a", "header-b"] });
  });

  it("answers the same update with the same receipt and a different one with EQUIVOCATION", () => {
    const { state } = play(opened(["a", "b", "c"]), update("a"), durable("a"));
    expect(play(state, update("a")).effects).toEqual([{ type: "receipt", clientId: "a", headerHash: "header-a" }]);
    expect(play(state, update("a", { headerHash: "other" })).effects).toMatchObject([
      { type: "reject", code: "EQUIVOCATION" },
    ]);
  });

  it("repeats the receipt of a counted update after the round has ended", () => {
    const sealed = play(opened(["a", "b"]), update("a"), durable("a"), update("b"), durable("b")).state;
    const committed = play(sealed, { type: "aggregated", ...FIRST }, { type: "committed", ...FIRST }).state;
    expect(committed).toMatchObject({ phase: "committed", version: 1 });
    expect(types(play(committed, update("b")).effects)).toEqual(["receipt"]);
  });

  it.each([
    ["a foreign ticket", update("a", { ticket: "ticket-b" }), "UNKNOWN_TICKET"],
    ["a client outside the cohort", update("z"), "UNKNOWN_TICKET"],
    ["a round that has not been opened", update("a", { round: 1 }), "UNKNOWN_TICKET"],
    ["an attempt that has not been opened", update("a", { attempt: 1 }), "UNKNOWN_TICKET"],
    ["params of another version", update("a", { baseVersion: 1 }), "BASE_MISMATCH"],
    ["a version that is no number", update("a", { baseVersion: Number.NaN }), "BASE_MISMATCH"],
    ["another collection", update("a", { collection: "shares" }), "ROUND_CLOSED"],
  ])("rejects an update for %s and stays as it was", (_, event, code) => {
    const before = opened(["a", "b"]);
    const { state, effects } = transition(before, event as RoundEvent);
    expect(effects).toMatchObject([{ type: "reject", code }]);
    expect(state).toBe(before);
  });

  it("rejects an update after the round has closed", () => {
    const { state } = play(opened(["a", "b"]), update("a"), durable("a"), DEADLINE);
    expect(state.phase).toBe("sealed");
    expect(play(state, update("b")).effects).toMatchObject([{ type: "reject", code: "ROUND_CLOSED" }]);
  });

  it("closes as soon as nobody is left to wait for", () => {
    const { state } = play(
      opened(["a", "b", "c"]),
      update("a"),
      durable("a"),
      { type: "client-dropped", clientId: "b" },
      { type: "declined", ...member("c") },
    );
    expect(state.phase).toBe("sealed");
  });

  it("takes the update of a member that dropped and came back before the close", () => {
    const dropped = play(opened(["a", "b"]), { type: "client-dropped", clientId: "a" }, update("a"), durable("a"));
    expect(types(dropped.effects)).toEqual(["receipt", "fold"]);
  });

  it.each([
    [3, "dropped", "offered"],
    [0, "offered", "offered"],
  ])("notes who goes and comes while a commit is made where staleness may be %i", (maxStaleness, gone, back) => {
    const members = ["a", "b"].map(member);
    const collections = plainCollections({ goal: 1, quorum: 1, deadlineMs: 1000 });
    const opening: RoundEvent = { type: "opened", ...FIRST, members, collections };
    const sealed = play(idleRound({ maxStaleness }), opening, update("a"), durable("a")).state;
    const left = play(sealed, { type: "client-dropped", clientId: "b" });
    expect([left.state.phase, left.state.members[1]?.status, left.effects]).toEqual(["sealed", gone, []]);
    const returned = play(left.state, { type: "client-returned", clientId: "b" });
    expect([returned.state.members[1]?.status, returned.state.numPending]).toEqual([back, 1]);
  });

  it("aborts below quorum at the deadline, and the same round opens again as the next attempt", () => {
    const { state, effects } = play(opened(["a", "b"]), DEADLINE);
    expect(types(effects)).toEqual(["clear-deadline", "abort"]);
    expect(nextAttempt(state)).toEqual({ round: 0, attempt: 1 });
    const second = transition(state, {
      type: "opened",
      round: 0,
      attempt: 1,
      members: [member("a")],
      collections: PLAIN,
    }).state;
    expect(play(second, update("a")).effects).toMatchObject([{ type: "reject", code: "ROUND_CLOSED" }]);
  });

  it("lets a member whose append failed try again", () => {
    const failed = play(opened(["a", "b"]), update("a"), { type: "append-failed", ...FIRST, clientId: "a" });
    expect(failed.state.numPending).toBe(2);
    expect(types(play(failed.state, update("a", { headerHash: "second" })).effects)).toEqual(["append"]);
  });

  it("keeps a promise made in an attempt that failed, without folding", () => {
    const { effects } = play(
      opened(["a", "b"]),
      update("a"),
      { type: "failed", ...FIRST, reason: "the operator stopped it" },
      durable("a"),
    );
    expect(types(effects)).toEqual(["receipt"]);
  });

  it("walks a list of collections, each with its own pending set", () => {
    const two: readonly Collection[] = [
      { name: "keys", goal: 3, quorum: 2, deadlineMs: 10 },
      { name: "update", goal: 2, quorum: 2, deadlineMs: 20 },
    ];
    const keys = (id: string) => update(id, { collection: "keys", headerHash: `key-${id}` });
    const advanced = play(opened(["a", "b", "c"], two), keys("a"), durable("a"), keys("b"), durable("b"), {
      type: "client-dropped",
      clientId: "c",
    });
    expect(types(advanced.effects)).toEqual(["collect", "set-deadline"]);
    expect(advanced.state).toMatchObject({ phase: "collecting", step: 1, numPending: 2 });
    expect(play(advanced.state, update("c")).effects).toMatchObject([{ type: "reject", code: "ROUND_CLOSED" }]);
    // The deadline of the first collection is no deadline of the second.
    expect(play(advanced.state, { type: "deadline-passed", ...FIRST, collection: "keys" }).state.overdue).toBe(false);
    expect(play(advanced.state, update("a"), durable("a"), update("b"), durable("b")).state.phase).toBe("sealed");
  });

  it("refuses to open over an open round, an empty cohort or a repeated client", () => {
    const open = (members: readonly { clientId: string; ticket: string }[]) => () =>
      transition(idleRound(), { type: "opened", ...FIRST, members, collections: PLAIN });
    expect(open([])).toThrow(TypeError);
    expect(open([member("a"), member("a")])).toThrow(/every clientId once/);
    expect(() =>
      transition(opened(["a"]), { type: "opened", ...FIRST, members: [member("a")], collections: PLAIN }),
    ).toThrow(TypeError);
  });
});
