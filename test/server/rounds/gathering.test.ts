import { expect, it } from "vitest";
import type { CohortPlan } from "../../../shared/protocol/cohortPlan.ts";
import { openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock, type VirtualClock } from "../../support/virtualClock.ts";

/** Of the direct world. */
const GATHER_MS = 60_000;

/** Rounds of eight, two of whom are enough. */
async function gather(names: readonly string[] = [], rules: Partial<CohortPlan> = {}) {
  const clock: VirtualClock = createVirtualClock();
  const plan = { rounds: null, cohort: { size: 8, quorum: 2, ...rules } };
  const world = await openDirectWorld(names, { plan, ports: { clock }, isUnopened: true });
  const { coordinator } = world;
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  const isOpen = (): boolean => coordinator.view.state.phase === "announced";
  return { ...world, clock, advance, isOpen };
}

it("waits for more after the last newcomer, but not for ever", async () => {
  const { clock, join, advance, isOpen } = await gather();
  let numNewcomers = 0;
  const newcomer = async () => (await join(`newcomer ${numNewcomers++}`)).lose(); // a cohort of eight is never there
  await join("a");
  await advance(GATHER_MS); // too few: this time does not count
  await join("b");
  const fromMs = clock.nowMs();
  for (; !isOpen() && numNewcomers < 100; await advance(GATHER_MS / 2)) await newcomer();
  expect(clock.nowMs() - fromMs).toBe(5 * GATHER_MS);
  expect(numNewcomers).toBe(10);
});

it("is not put off by a key that comes again and again, over new connections or beside its old ones", async () => {
  const { join, advance, isOpen } = await gather(["a", "b", "c"]);
  for (let half = 0; half < 2; half++) {
    expect(isOpen()).toBe(false);
    if (half === 0) (await join("c")).lose();
    await join("c");
    await advance(GATHER_MS / 2);
  }
  expect(isOpen()).toBe(true);
});

it("lets those who were here before gather again once too few of them were", async () => {
  const { clients, join, advance, isOpen } = await gather(["a", "b", "c"]);
  for (const client of clients) client.lose();
  await advance(10 * GATHER_MS);
  await join("a");
  await join("b");
  await advance(GATHER_MS - 1);
  expect(isOpen()).toBe(false);
  await advance(1);
  expect(isOpen()).toBe(true);
});

it("opens the next round at once for those who stay, and gathers newcomers anew", async () => {
  const { coordinator, clients, join, advance, isOpen } = await gather(["a", "b"]);
  await advance(GATHER_MS);
  const deliver = async (): Promise<void> => {
    for (const client of clients) expect(await client.deliver(await client.update())).toMatchObject({ ok: true });
    await settle();
  };
  await advance(10 * GATHER_MS);
  await deliver();
  expect([coordinator.view.state.round, isOpen()]).toEqual([1, true]);
  await join("c");
  await deliver();
  expect([coordinator.view.state.round, isOpen()]).toEqual([1, false]);
  await advance(GATHER_MS);
  expect([coordinator.view.state.round, isOpen()]).toEqual([2, true]);
});

it("gathers anew when those who may be asked come, however long others have been here", async () => {
  const { coordinator, join, advance, isOpen } = await gather(["x", "y", "z"], { eligibility: { charging: true } });
  const joinCharging = async (name: string) => (await join(name)).send("device", { charging: true });
  await advance(10 * GATHER_MS);
  await joinCharging("a");
  await advance(10 * GATHER_MS); // too few: this time does not count either
  await joinCharging("b");
  await advance(GATHER_MS / 2);
  await joinCharging("c");
  await advance(GATHER_MS - 1);
  expect(isOpen()).toBe(false);
  await advance(1);
  expect(isOpen()).toBe(true);
  expect(coordinator.view.state.members).toHaveLength(3);
});

it("gathers anew when those who rested may be asked again", async () => {
  const REST_MS = 10 * GATHER_MS;
  const { coordinator, clients, join, advance, isOpen } = await gather(["a", "b"], {
    pacing: { minIntervalMs: REST_MS },
  });
  await advance(GATHER_MS);
  for (const client of clients) expect(await client.deliver(await client.update())).toMatchObject({ ok: true });
  await settle(); // the commit: from here on they rest
  await advance(REST_MS);
  expect([coordinator.view.state.round, isOpen()]).toEqual([0, false]);
  await advance(GATHER_MS / 2);
  await join("c");
  await advance(GATHER_MS);
  expect([coordinator.view.state.round, isOpen()]).toEqual([1, true]);
  expect(coordinator.view.state.members).toHaveLength(3);
});
