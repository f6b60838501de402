import { expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { readRunHistory } from "../../server/store/runHistory.ts";
import type { Store } from "../../server/store/store.ts";
import { parseReceipt } from "../../shared/protocol/receipt.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";
import { createPoints, type Points } from "./store/points.ts";

const ROUNDS = 2;
/** The run's beginning and all of its first round. */
const NUM_POINTS = 20;

interface Held {
  readonly headerHash: string;
  readonly journalSeq: number;
}

/** A store whose process ends at a point before or after a write, which then is durable and was told to nobody. */
function dyingStore(store: Store, points: Points): Store {
  const between = async <T>(name: string, write: () => Promise<T>): Promise<T> => {
    points.hit(`before ${name}`);
    const result = await write();
    points.hit(`after ${name}`);
    return result;
  };
  const dying: Pick<Store, "append" | "putBlob"> = {
    append: (event) => between(event.kind, () => store.append(event)),
    putBlob: (...args) => between("blob", () => store.putBlob(...args)),
  };
  return new Proxy(store, { get: (target, name) => Reflect.get(name in dying ? dying : target, name) });
}

/** Two clients answer what they are offered until the run is finished or its coordinator has ended. */
async function play(coordinator: TestCoordinator, points: Points, receipts: Held[]): Promise<void> {
  const isOver = (): boolean => points.isDead || coordinator.status().live.version >= ROUNDS;
  const answer = async (client: RawClient): Promise<void> => {
    let offered = client.offer();
    while (!isOver()) {
      const offer = await Promise.race([offered, new Promise<undefined>((resolve) => setTimeout(resolve, 5))]);
      if (offer === undefined) continue;
      offered = client.offer();
      const ack = await client.send(await client.update(offer));
      if (ack.ok && "receipt" in ack) receipts.push(parseReceipt(ack.receipt.record));
    }
  };
  const clients: RawClient[] = [];
  try {
    for (const name of ["a", "b"]) clients.push(await joinRawClient(coordinator.url, name));
    await Promise.all(clients.map(answer));
  } finally {
    for (const client of clients) client.close();
  }
}

async function start(store: Store): Promise<TestCoordinator> {
  const plan = { rounds: ROUNDS, cohort: { size: 2, quorum: 2 }, deadlineMs: 60_000 };
  return startTestCoordinator({ store, plan, timing: { gatherMs: 50, minRoundMs: 0, retryMs: 1, maxRetryMs: 1 } });
}

it("keeps each receipt and commits each round once, wherever a coordinator ends between a write and its word of it", async () => {
  const kinds = new Set<string>();
  for (let crashAt = 1; crashAt <= NUM_POINTS; crashAt++) {
    const store = createMemoryStore();
    const points = createPoints(crashAt);
    const receipts: Held[] = [];
    const first = await start(dyingStore(store, points)).catch((error: unknown) => {
      if (!points.isDead) throw error;
    });
    if (first !== undefined) {
      await play(first, points, receipts);
      await first.close();
    }
    kinds.add(points.names.at(-1) as string);
    expect(points.isDead).toBe(true);
    const second = await start(store);
    await play(second, createPoints(0), receipts);
    await second.close();

    const events = [...store.events()];
    const commits = events.flatMap(({ event }) => (event.kind === "round-committed" ? [event] : []));
    const { open } = readRunHistory(events);
    const where = `ended at point ${crashAt}: ${points.names.at(-1)}`;
    expect(open, where).toBeUndefined();
    expect(
      commits.map(({ round, headerHashes }) => [round, headerHashes.length]),
      where,
    ).toEqual([
      [0, 2],
      [1, 2],
    ]);
    for (const { headerHash, journalSeq } of receipts) {
      expect(events[journalSeq]?.event, where).toMatchObject({ kind: "update-accepted", headerHash });
    }
    expect(
      events.filter(({ event }) => event.kind === "update-accepted"),
      where,
    ).toHaveLength(2 * ROUNDS);
  }
  expect([...kinds]).toEqual(expect.arrayContaining(["after update-accepted", "after round-committed", "after blob"]));
}, 120_000);
