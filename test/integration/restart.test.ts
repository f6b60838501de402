import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { Store } from "../../server/store/store.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator, type TestCoordinatorOptions } from "../support/testCoordinator.ts";
import { createVirtualClock } from "../support/virtualClock.ts";

const running: TestCoordinator[] = [];
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const coordinator of running.splice(0)) await coordinator.close();
});

async function start(options: TestCoordinatorOptions): Promise<TestCoordinator> {
  const coordinator = await startTestCoordinator({ plan: { cohort: { size: 2, quorum: 2 } }, ...options });
  running.push(coordinator);
  return coordinator;
}

async function join2(url: string): Promise<[RawClient, RawClient]> {
  const joined: [RawClient, RawClient] = [await joinRawClient(url, "a"), await joinRawClient(url, "b")];
  clients.push(...joined);
  return joined;
}

/** A store of the same journal and blobs that the dead process no longer writes to. */
async function copyOf(store: Store): Promise<Store> {
  const copy = createMemoryStore();
  for (const { event } of store.events()) {
    if (event.kind === "update-accepted")
      await copy.putBlob(await store.getBlob(event.payloadHash as `sha256-${string}`));
    if ("paramsHash" in event) await copy.putBlob(await store.getBlob(event.paramsHash as `sha256-${string}`));
    await copy.append(event);
  }
  return copy;
}

const filled = (value: number): Float32Array => new Float32Array(10).fill(value);

describe("a coordinator that is started again", () => {
  it("goes on with the open round: same tickets, accepted updates kept, same receipts, the same mean", async () => {
    const first = await start({});
    const [a, b] = await join2(first.url);
    const [offerA, offerB] = await Promise.all([a.offer(), b.offer()]);
    const updateA = await a.update(offerA, { delta: filled(1), numExamples: 1 });
    const receipt = await a.send(updateA);
    expect(receipt).toMatchObject({ ok: true, receipt: {} });

    const store = await copyOf(first.store); // what a kill -9 at this moment leaves
    const second = await start({ store });
    const [a2, b2] = await join2(second.url);
    expect(await b2.offer()).toEqual(offerB);
    expect(await a2.send(updateA)).toEqual(receipt);
    const updateB = await b2.update(offerB, { delta: filled(4), numExamples: 3 });
    expect(await b2.send(updateB)).toMatchObject({ ok: true });
    await b2.next("commit");
    const { paramsHash, version } = second.status().live;
    expect(version).toBe(1);
    expect(f32.decode(await store.getBlob(paramsHash as `sha256-${string}`), 10)).toEqual(filled(4.25));
    expect(second.rounds()).toMatchObject([{ round: 0, cohort: 2, accepted: 2, examples: 4 }]);
  });

  it("commits a round that was full when the process died", async () => {
    const first = await start({ evaluate: () => new Promise(() => {}) }); // dies before it can commit
    const [a, b] = await join2(first.url);
    const [offerA, offerB] = await Promise.all([a.offer(), b.offer()]);
    await a.send(await a.update(offerA, { delta: filled(1) }));
    await b.send(await b.update(offerB, { delta: filled(3) }));
    const store = await copyOf(first.store);
    running.splice(running.indexOf(first), 1); // never drains: its evaluation hangs
    const second = await start({ store });
    expect((await joinAndWelcome(second.url)).round).toBeGreaterThanOrEqual(0);
    await expect.poll(() => second.status().live.version).toBe(1);
    const params = await store.getBlob(second.status().live.paramsHash as `sha256-${string}`);
    expect(f32.decode(params, 10)).toEqual(filled(3)); // 1 + (1 + 3) / 2
  });

  it("drops members that do not come back and closes with the quorum", async () => {
    const plan = { cohort: { size: 2, quorum: 1 } };
    const before = createVirtualClock();
    const first = await start({ plan, clock: before, timing: { gatherMs: 1000 } });
    const [a] = await join2(first.url);
    before.advance(1000); // both have come: the round opens for the two
    await a.send(await a.update(await a.offer()));
    const clock = createVirtualClock();
    const second = await start({ store: await copyOf(first.store), plan, clock });
    expect(second.status().live.phase).toBe("collecting");
    clock.advance(10_000); // the grace for a lost connection
    await expect.poll(() => second.status().live.version).toBe(1);
  });

  it("opens the next attempt after one that missed its quorum, with tickets of its own", async () => {
    const clock = createVirtualClock();
    const coordinator = await start({ clock });
    const [a, b] = await join2(coordinator.url);
    const [first] = await Promise.all([a.offer(), b.offer()]);
    clock.advance(60_000); // the deadline, with nobody having answered
    expect(coordinator.status().live.phase).toBe("aborted");
    const openAgain = (): number => {
      clock.advance(1000); // the pause before another attempt, once the abort is in the journal
      return coordinator.status().live.attempt;
    };
    await expect.poll(openAgain).toBe(1);
    const second = await a.offer();
    expect(second).toMatchObject({ round: 0, attempt: 1 });
    expect(second.ticket).not.toEqual(first.ticket);
    expect(await a.send(await a.update(first))).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
  });

  it("refuses a folder that holds a run with other rules, and names the difference", async () => {
    const first = await start({});
    await expect(start({ store: await copyOf(first.store), plan: { cohort: { size: 3, quorum: 2 } } })).rejects.toThrow(
      /plan\.cohort is .*"size":2.* now/,
    );
  });

  it("recovers a journal of 500 rounds in under two seconds", async () => {
    const directory = mkdtempSync(join(tmpdir(), "headwater-restart-"));
    try {
      const store = await openStore({ directory, windowMs: 0 });
      const first = await start({ store, plan: { cohort: { size: 1, quorum: 1 }, rounds: 500 } });
      await first.close();
      running.splice(running.indexOf(first), 1);
      await store.close();
      const journal = await openStore({ directory, windowMs: 0 });
      await fillJournal(journal, 500);
      await journal.close();

      const startedAt = performance.now();
      const again = await openStore({ directory });
      const second = await start({ store: again, plan: { cohort: { size: 1, quorum: 1 }, rounds: 500 } });
      const seconds = (performance.now() - startedAt) / 1000;
      expect(second.status().live).toMatchObject({ version: 500, phase: "finished" });
      expect(seconds).toBeLessThan(2);
      await second.close();
      running.splice(running.indexOf(second), 1);
      await again.close();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

async function joinAndWelcome(url: string): Promise<{ readonly round: number }> {
  const client = await joinRawClient(url, "a");
  clients.push(client);
  return client.welcome();
}

/** Rounds as a coordinator journals them; nothing here checks signatures, so the signed fields hold placeholders. */
async function fillJournal(store: Store, numRounds: number): Promise<void> {
  const created = [...store.events()][0]?.event;
  if (created?.kind !== "run-created") throw new TypeError("expected a run");
  const { paramsHash } = created;
  const clientId = "ab".repeat(32);
  const filler = Buffer.alloc(600).toString("base64");
  const pending: Promise<unknown>[] = [];
  for (let round = 0; round < numRounds; round++) {
    const ref = { round, attempt: 0 };
    const ticket = round.toString(16).padStart(32, "0");
    const headerHash = `sha256-${round.toString(16).padStart(64, "0")}` as const;
    const signature = Buffer.alloc(64).toString("base64");
    const update = {
      clientId,
      headerHash,
      header: filler,
      signature,
      manifest: filler,
      payloadHash: headerHash,
      weight: 1,
    };
    pending.push(
      store.append({ kind: "round-opened", ...ref, paramsHash, members: [{ clientId, ticket }] }),
      store.append({ kind: "update-accepted", ...ref, ...update }),
      store.append({ kind: "round-sealed", ...ref, headerHashes: [headerHash] }),
      store.append({
        kind: "round-committed",
        ...ref,
        paramsHash,
        metrics: { testAccuracy: 0.5, cohort: 1, accepted: 1 },
        headerHashes: [headerHash],
        record: filler,
        signature,
      }),
    );
  }
  await Promise.all(pending);
}
