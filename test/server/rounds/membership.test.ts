import { describe, expect, it } from "vitest";
import { type Assignment, createAssignments } from "../../../server/rounds/assignments.ts";
import { createClients } from "../../../server/rounds/clients.ts";
import type { CoordinatorView } from "../../../server/rounds/coordinatorView.ts";
import { createMembership } from "../../../server/rounds/membership.ts";
import { idleRound, plainCollections, type RoundState } from "../../../server/rounds/roundState.ts";
import { DEFAULT_TIMING } from "../../../server/rounds/run.ts";
import { transition } from "../../../server/rounds/transition.ts";
import type { Connection } from "../../../server/transport/connection.ts";
import { createRng } from "../../../shared/base/rng.ts";
import type { CohortPlan } from "../../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../../shared/protocol/deviceFacts.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** A membership whose round has these members, and what each client was sent. */
function club(cohort: Partial<CohortPlan>, memberIds: readonly string[] = [], maxStaleness = 0) {
  const clock = createVirtualClock();
  const plan = { runId: "0".repeat(32), cohort: { size: 2, overSelection: 1, quorum: 1, ...cohort } };
  const clients = createClients(clock, plan.cohort.eligibility);
  const state = openRound(memberIds, maxStaleness);
  const assignments = createAssignments(16);
  assignments.open(memberIds.map((clientId) => ({ clientId, ticket: clientId, offer: {} }) as Assignment));
  const view = { run: { plan }, state, isFinished: false } as unknown as CoordinatorView;
  let changes = 0;
  const membership = createMembership({
    view,
    timing: DEFAULT_TIMING,
    clients,
    assignments,
    activity: { add() {}, list: () => [], rejected() {}, rejection: () => undefined, beginAttempt() {} },
    presence: { lost() {}, returned() {}, clear() {} },
    dispatch: () => [],
    onChange: () => changes++,
  });
  const sent = new Map<string, { readonly event: string; readonly payload: object }[]>();
  const join = (id: string, device?: DeviceFacts, numExamples = 10) => {
    const inbox: { event: string; payload: object }[] = [];
    sent.set(id, inbox);
    const send: Connection["send"] = (event, payload) => inbox.push({ event, payload });
    const connection: Connection = {
      id,
      address: "",
      send,
      hearBroadcasts() {},
      hasRoomFor: () => true,
      disconnect() {},
    };
    const client = { id, connection, numExamples, software: "test", ...(device && { device }) };
    membership.onJoin(client);
    return client;
  };
  const paces = (id: string) => (sent.get(id) ?? []).filter(({ event }) => event === "pace").map((one) => one.payload);
  const offers = (id: string) => (sent.get(id) ?? []).filter(({ event }) => event === "offer").length;
  const candidates = () => clients.candidates().map(({ id }) => id);
  return { clock, candidates, membership, join, paces, offers, view, changes: () => changes };
}

function openRound(memberIds: readonly string[], maxStaleness: number): RoundState {
  if (memberIds.length === 0) return idleRound();
  const members = memberIds.map((clientId) => ({ clientId, ticket: clientId }));
  const collections = plainCollections({ goal: 1, quorum: 1, deadlineMs: 1000 });
  return transition(idleRound({ maxStaleness }), { type: "opened", round: 0, attempt: 0, members, collections }).state;
}

describe("a member that comes back", () => {
  it.each([
    ["collecting", 0, 1],
    ["committed", 0, 0],
    ["committed", 3, 1],
  ] as const)("while its round is %s, with %i versions of staleness, gets its offer %i times", (phase, stale, times) => {
    const { view, join, offers } = club({}, ["a", "b"], stale);
    Object.assign(view, { state: { ...view.state, phase } });
    join("a");
    expect(offers("a")).toBe(times);
  });
});

describe("a client whose device breaks a rule", () => {
  it("is told why after its welcome, if it has spoken of its device", () => {
    const { join, paces } = club({ eligibility: { charging: true } });
    join("silent");
    join("draining", { charging: false });
    join("charging", { charging: true });
    expect(paces("silent")).toEqual([]);
    expect(paces("draining")).toEqual([
      {
        reason: "not-eligible",
        message: "this run asks for a device that is charging; yours is on battery",
        retryAfterMs: 600_000,
      },
    ]);
    expect(paces("charging")).toEqual([]);
  });

  it("is told when it says so, and may be asked as soon as it says otherwise", () => {
    const { candidates, membership, join, paces, changes } = club({ eligibility: { charging: true } });
    const client = join("a");
    membership.onDevice(client, {});
    expect(paces("a")).toMatchObject([{ reason: "not-eligible" }]);
    const before = changes();
    membership.onDevice(client, { charging: true });
    expect(paces("a")).toHaveLength(1);
    expect(candidates()).toEqual(["a"]);
    expect(changes()).toBe(before + 1); // a round may open now
  });
});

describe("pacing", () => {
  it("lets those who answered rest, and tells them, also when they come back too early", () => {
    const { clock, candidates, membership, join, paces } = club({ pacing: { minIntervalMs: 90_000 } });
    for (const id of ["a", "b", "c"]) join(id);
    membership.rest(["a", "b"]);
    expect(candidates()).toEqual(["c"]);
    expect(paces("a")).toMatchObject([{ reason: "resting", retryAfterMs: 90_000 }]);
    clock.advance(30_000);
    join("b");
    expect(paces("b")).toMatchObject([{ reason: "resting", retryAfterMs: 60_000 }]);
    clock.advance(60_000);
    expect(candidates()).toEqual(["a", "b", "c"]);
  });

  it("asks nobody to rest under a plan without it", () => {
    const { candidates, membership, join, paces } = club({});
    join("a");
    membership.rest(["a"]);
    expect([candidates(), paces("a")]).toEqual([["a"], []]);
  });
});

describe("steering", () => {
  const steered = { wanted: 20, roundMs: 2000, rng: createRng("steer") };

  it("spreads a crowd over the next rounds, but not the members of this one", () => {
    const { membership, join, paces } = club({}, ["c0", "c7"]);
    const ids = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    for (const id of ids) join(id);
    membership.steer(steered);
    // 3,000 clients, 20 wanted, rounds of 2 s: each comes once in 300 s on average, so between 150 and 450 s.
    const waits = ids.flatMap((id) => paces(id) as { reason: string; retryAfterMs: number }[]);
    expect(waits).toHaveLength(2998);
    expect([...paces("c0"), ...paces("c7")]).toEqual([]);
    expect(waits.every(({ reason }) => reason === "not-needed")).toBe(true);
    const times = waits.map(({ retryAfterMs }) => retryAfterMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(150_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(450_000);
    // Uniform over 300 s: standard deviation of the mean of 2,998 is 86.6 s / sqrt(2998) = 1.58 s; five of them.
    expect(Math.abs(times.reduce((sum, ms) => sum + ms, 0) / times.length - 300_000)).toBeLessThan(7900);
  });

  it("lets a small population stay", () => {
    const { membership, join, paces } = club({});
    for (let i = 0; i < 50; i++) join(`c${i}`);
    membership.steer({ ...steered, roundMs: 3_600_000 });
    expect(paces("c1")).toEqual([]);
  });
});
