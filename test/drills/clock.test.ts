import { afterEach, expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { readRunHistory } from "../../server/store/runHistory.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtualClock.ts";

const DEADLINE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Steps of the wall clock: set back and forth by an hour, by the end of summer time, by a day. */
const JUMPS_MS = [0, HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS, 1, -1];

let coordinator: TestCoordinator;
let clients: RawClient[];
let clock: VirtualClock;

/** A coordinator whose wall clock jumps at every look, and whose monotonic clock the test moves. */
async function start(): Promise<void> {
  let looks = 0;
  clock = createVirtualClock();
  coordinator = await startTestCoordinator({
    store: createMemoryStore(),
    clock,
    wallClockMs: () => Date.UTC(2026, 9, 25, 0, 59) + (JUMPS_MS[looks++ % JUMPS_MS.length] as number),
    plan: { cohort: { size: 2, quorum: 2 }, deadlineMs: DEADLINE_MS },
  });
  clients = [await joinRawClient(coordinator.url, "a"), await joinRawClient(coordinator.url, "b")];
}

afterEach(async () => {
  for (const client of clients) client.close();
  await coordinator.close();
});

/** The offer for a round and attempt, however many came before it. */
async function offerOf(client: RawClient, round: number, attempt: number) {
  for (;;) {
    const offer = await client.offer();
    if (offer.round === round && offer.attempt === attempt) return offer;
  }
}

it("commits each round once, and times it rightly, while the wall clock jumps by hours and days", async () => {
  await start();
  for (let round = 0; round < 5; round++) {
    const offers = await Promise.all(clients.map((client) => offerOf(client, round, 0)));
    clock.advance(1500); // the members train
    for (const [i, client] of clients.entries()) {
      expect(await client.send(await client.update(offers[i] as never))).toMatchObject({ ok: true });
    }
    await expect.poll(() => coordinator.status().live.version).toBe(round + 1);
    clock.advance(1000); // the next round may open
  }
  expect(coordinator.rounds().map(({ round }) => round)).toEqual([0, 1, 2, 3, 4]);
  for (const { seconds } of coordinator.rounds()) expect(seconds).toBeLessThan(5);
});

it("closes an attempt once when time stood still past its deadline, takes no late update, and finishes the round", async () => {
  await start();
  const [a, b] = clients as [RawClient, RawClient];
  const offer = await offerOf(a, 0, 0);
  const late = await a.update(offer);
  await b.send(await b.update(await offerOf(b, 0, 0)));
  clock.advance(10 * DEADLINE_MS); // the machine slept: all that was due comes at once
  expect(await a.send(late)).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
  const again = async (): Promise<number> => {
    clock.advance(1000); // the pause before the next attempt
    return coordinator.status().live.attempt;
  };
  await expect.poll(again).toBeGreaterThan(0);
  const { attempt } = coordinator.status().live;
  for (const client of clients) await client.send(await client.update(await offerOf(client, 0, attempt)));
  await expect.poll(() => coordinator.status().live.version).toBe(1);
  const { commits, lastCommit } = readRunHistory(coordinator.store.events());
  expect(commits).toHaveLength(1);
  expect(lastCommit).toMatchObject({ round: 0, headerHashes: { length: 2 } });
});
