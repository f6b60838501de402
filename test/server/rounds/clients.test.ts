import { describe, expect, it } from "vitest";
import { createClients } from "../../../server/rounds/clients.ts";
import type { Connection } from "../../../server/transport/connection.ts";
import type { Eligibility } from "../../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../../shared/protocol/deviceFacts.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

function room(rules?: Eligibility) {
  const clock = createVirtualClock();
  const clients = createClients(clock, rules);
  const connectionOf = (id: string): Connection => ({
    id,
    address: "127.0.0.1",
    send() {},
    hearBroadcasts() {},
    hasRoomFor: () => true,
    disconnect() {},
  });
  const join = (id: string, numExamples = 10, device?: DeviceFacts): Connection => {
    const connection = connectionOf(id);
    clients.join({ id, connection, numExamples, software: "test", ...(device && { device }) });
    return connection;
  };
  const candidates = () => clients.candidates().map(({ id }) => id);
  return { clock, clients, join, candidates };
}

describe("who may be asked", () => {
  it("is everybody connected, by id, with the examples they say they have", () => {
    const { clients, join } = room();
    join("b", 20);
    join("a", 5);
    expect(clients.candidates()).toEqual([
      { id: "a", numExamples: 5 },
      { id: "b", numExamples: 20 },
    ]);
    expect(clients.numEligible).toBe(2);
    expect(clients.obstacle("a")).toBeUndefined();
  });

  it("leaves out who rests, for as long as the longest of its rests", () => {
    const { clock, clients, join, candidates } = room();
    join("a");
    clients.rest("a", 5000);
    clients.rest("a", 1000);
    clock.advance(2000);
    expect([clients.candidates(), clients.numEligible]).toEqual([[], 0]);
    expect(clients.obstacle("a")).toEqual({
      reason: "resting",
      message: "you are not asked again for 3 s",
      retryAfterMs: 3000,
    });
    clock.advance(3000);
    expect([candidates(), clients.numEligible]).toEqual([["a"], 1]);
    expect(clients.obstacle("a")).toBeUndefined();
  });

  it("tells nobody to stay away for more than an hour", () => {
    const { clients, join } = room();
    join("a");
    clients.rest("a", 30 * 86_400_000);
    expect(clients.obstacle("a")?.retryAfterMs).toBe(3_600_000);
  });

  it("follows what a client says about its device", () => {
    const { clients, join, candidates } = room({ charging: true });
    join("a");
    // Not eligible, but it has yet to say anything: too early to be sent away.
    expect([candidates(), clients.obstacle("a")]).toEqual([[], undefined]);
    clients.describe("a", {});
    expect(clients.obstacle("a")).toMatchObject({ reason: "not-eligible", retryAfterMs: 600_000 });
    clients.describe("a", { charging: true });
    expect([candidates(), clients.obstacle("a")]).toEqual([["a"], undefined]);
    clients.describe("a", { charging: false });
    expect([candidates(), clients.obstacle("a")?.reason]).toEqual([[], "not-eligible"]);
    clients.describe("nobody", { charging: true });
    expect(clients.size).toBe(1);
  });

  it("sends a client with too few examples away for long, whatever its device", () => {
    const { clients, join, candidates } = room({ minExamples: 11 });
    join("a", 10);
    join("b", 11);
    expect(candidates()).toEqual(["b"]);
    expect(clients.obstacle("a")).toEqual({
      reason: "not-eligible",
      message: "this run asks for at least 11 examples; you have 10",
      retryAfterMs: 3_600_000,
    });
  });
});

it("counts as population who is connected and who left within an hour, once each", () => {
  const { clock, clients, join } = room();
  const a = join("a");
  const b = join("b");
  clients.leave("a", a);
  clock.advance(1_800_000);
  clients.leave("b", b);
  join("c");
  expect([clients.size, clients.population]).toEqual([1, 3]);
  join("b");
  expect(clients.population).toBe(3);
  clock.advance(1_800_001);
  expect(clients.population).toBe(2); // a has been away for more than an hour
});
