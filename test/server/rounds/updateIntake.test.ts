import { expect, it } from "vitest";
import type { Logger } from "../../../server/logger.ts";
import { toBase64 } from "../../../server/store/base64.ts";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { StoreReadOnlyError } from "../../../server/store/storeErrors.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { parseReceipt } from "../../../shared/protocol/receipt.ts";
import type { SignedReceipt } from "../../../shared/protocol/uploadAck.ts";
import { type DirectClient, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** A store whose next event of a kind waits until it is let go. */
function createSlowStore(kind: JournalEvent["kind"]) {
  const store = createMemoryStore();
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Store = Object.create(store, {
    append: {
      value: async (event: JournalEvent) => {
        if (event.kind === kind) await gate;
        return store.append(event);
      },
    },
  });
  return { slow, release: () => release() };
}

/** Two updates make a commit, three clients work. */
const openAsynchronous = (store: Store) =>
  openDirectWorld(["a", "b", "c"], {
    plan: {
      ...{ rounds: null, cohort: { size: 2, quorum: 2 }, maxStaleness: 2 },
      strategy: { kind: "fedbuff", concurrency: 3 },
    },
    ports: { clock: createVirtualClock(), store },
  });

it("asks for the last byte again of an update that came while a commit was made, and for no more", async () => {
  const { slow, release } = createSlowStore("round-sealed");
  const { clients, coordinator } = await openAsynchronous(slow);
  const [a, b, c] = clients as [DirectClient, DirectClient, DirectClient];
  const { ticket } = c.offer;
  const { submit, payload } = await c.update();
  expect(await c.send("submit", submit)).toEqual({ ok: true, offset: 0 });
  await a.deliver(await a.update());
  await b.deliver(await b.update());
  const between = { ok: false, code: "UNAVAILABLE", retryAfterMs: 250 };
  expect(coordinator.view.state.phase).toBe("sealed");
  expect(await c.send("chunk", { ticket, offset: 0, bytes: payload })).toMatchObject(between);
  expect(await c.send("submit", submit)).toMatchObject(between);
  release();
  await settle();
  expect(coordinator.view.state).toMatchObject({ round: 1, phase: "announced" });
  expect(await c.send("submit", submit)).toEqual({ ok: true, offset: 39 });
  const last = { ticket, offset: 39, bytes: payload.subarray(39) };
  expect(await c.send("chunk", last)).toMatchObject({ ok: true, receipt: {} });
});

it.each([
  [
    "keeps all but the last byte of an update that found no room on the disk, until it is asked for again",
    true,
    5000,
    39,
  ],
  ["keeps nothing of an update that the disk takes only after a restart", false, 30_000, 0],
])("%s", async (_, canReopen, retryAfterMs, offset) => {
  const memory = createMemoryStore();
  const disk = { isFull: false };
  const store: Store = Object.create(memory, {
    canReopen: { get: () => disk.isFull && canReopen },
    readOnlyReason: { get: () => (disk.isFull ? "no space left" : undefined) },
    append: {
      value: async (event: JournalEvent) => {
        if (disk.isFull) throw new StoreReadOnlyError("no space left");
        return memory.append(event);
      },
    },
    reopen: { value: async () => !disk.isFull },
  });
  const clock = createVirtualClock();
  const { clients } = await openDirectWorld(["a", "b"], { ports: { clock, store } });
  const [a] = clients as [DirectClient];
  const update = await a.update();
  const { submit, payload } = update;
  const { ticket } = a.offer;
  disk.isFull = true;
  expect(await a.deliver(update)).toMatchObject({ code: "UNAVAILABLE", retryAfterMs });
  disk.isFull = false;
  clock.advance(retryAfterMs + 500); // and the longest jitter
  expect(await a.send("submit", submit)).toEqual({ ok: true, offset });
  expect(await a.send("chunk", { ticket, offset, bytes: payload.subarray(offset) })).toMatchObject({ receipt: {} });
});

it("names the offer in the receipt of an asynchronous update, which counts in the round that is open when it comes", async () => {
  const store = createMemoryStore();
  const { clients } = await openAsynchronous(store);
  const [a, b, c] = clients as [DirectClient, DirectClient, DirectClient];
  const late = await c.update();
  for (const client of [a, b]) await client.deliver(await client.update());
  await settle();
  const { receipt } = await c.deliver(late);
  const { round, attempt, journalSeq } = parseReceipt((receipt as SignedReceipt).record);
  expect([round, attempt]).toEqual([0, 0]);
  const [accepted] = store.events(journalSeq);
  expect(accepted?.event).toMatchObject({ kind: "update-accepted", round: 1, headerHash: late.headerHash });
  await a.deliver(await a.update());
  await settle();
  const commits = [...store.events()].flatMap(({ event }) => (event.kind === "round-committed" ? [event] : []));
  expect(commits.map(({ headerHashes }) => headerHashes.includes(late.headerHash))).toEqual([false, true]);
});

it.each([
  ["is durable", false],
  ["is on its way to the disk", true],
])("tells once of a second update for a ticket whose first %s, with the evidence", async (_, isSlow) => {
  const { slow, release } = createSlowStore("update-accepted");
  if (!isSlow) release();
  const lines: [string, object, string | undefined][] = [];
  const logs = (level: string) => (fields: object, message?: string) => void lines.push([level, fields, message]);
  const logger = { debug: logs("debug"), info: logs("info"), warn: logs("warn"), error: logs("error") } as Logger;
  const { clients, coordinator } = await openDirectWorld(["a", "b"], { ports: { store: slow, logger } });
  const [a] = clients as [DirectClient];
  const first = await a.update();
  const delivered = a.deliver(first);
  await settle();
  const second = await a.update({ delta: new Float32Array(10) });
  const third = await a.update({ delta: new Float32Array(10).fill(1) });
  for (const another of [second, third, second]) {
    expect(await a.deliver(another)).toMatchObject({ ok: false, code: "EQUIVOCATION" });
  }
  release();
  expect(await delivered).toMatchObject({ ok: true, receipt: {} });

  const client = toHex(a.signer.publicKey);
  const [rejected, evidence, ...others] = lines;
  expect(rejected).toMatchObject(["info", { client, code: "EQUIVOCATION" }, "update rejected"]);
  expect(evidence).toEqual([
    "warn",
    {
      ...{ client, round: 0, first: first.headerHash, second: second.headerHash },
      ...{ header: toBase64(second.submit.header), signedAs: toBase64(second.submit.signature) },
    },
    "another update for an answered ticket",
  ]);
  expect(others).toEqual([]);
  const told = coordinator.view.activity.list().filter(({ kind }) => kind === "update-rejected");
  expect(told).toMatchObject([{ round: 0, reason: "EQUIVOCATION" }]);
});
