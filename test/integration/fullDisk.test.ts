import { afterEach, expect, it } from "vitest";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import type { Store } from "../../server/store/store.ts";
import { StoreReadOnlyError } from "../../server/store/storeErrors.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

let coordinator: TestCoordinator | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await coordinator?.close();
  coordinator = undefined;
});

/** A store on a disk that may be full: writes fail, and go on failing until it was opened again with room. */
function storeOnDisk(disk: { isFull: boolean; failsOn?: string }): Store {
  const store = createMemoryStore();
  let reason: string | undefined;
  const assertRoom = (kind?: string): void => {
    if (reason === undefined && (disk.isFull || (kind !== undefined && kind === disk.failsOn))) {
      disk.isFull = true;
      reason = "no space left on the disk";
    }
    if (reason !== undefined) throw new StoreReadOnlyError(reason);
  };
  return {
    get head() {
      return store.head;
    },
    get readOnlyReason() {
      return reason;
    },
    get canReopen() {
      return reason !== undefined;
    },
    blobPath: store.blobPath,
    async reopen() {
      if (disk.isFull) return false;
      reason = undefined;
      return true;
    },
    async append(event) {
      assertRoom(event.kind);
      return store.append(event);
    },
    async putBlob(bytes) {
      assertRoom();
      return store.putBlob(bytes);
    },
    events: store.events,
    getBlob: store.getBlob,
    hasBlob: store.hasBlob,
    deleteBlob: store.deleteBlob,
    close: store.close,
  };
}

async function start(store: Store): Promise<RawClient> {
  coordinator = await startTestCoordinator({
    store,
    plan: { cohort: { size: 1, quorum: 1 } },
    timing: { mendMs: 5, retryMs: 1 },
  });
  const client = await joinRawClient(coordinator.url, "a");
  clients.push(client);
  return client;
}

const kinds = (): string[] => [...(coordinator as TestCoordinator).store.events()].map(({ event }) => event.kind);

it("acknowledges nothing on a full disk, and takes the same update once there is room", async () => {
  const disk = { isFull: false };
  const client = await start(storeOnDisk(disk));
  const update = await client.update(await client.offer());
  disk.isFull = true;
  expect(await client.send(update)).toMatchObject({ ok: false, code: "UNAVAILABLE", retryAfterMs: 5000 });
  expect(coordinator?.paused()).toMatch(/no space left on the disk/);
  expect(kinds()).toEqual(["run-created", "round-opened"]);
  disk.isFull = false;
  await expect.poll(() => coordinator?.paused()).toBeUndefined();
  expect(await client.send(update)).toMatchObject({ ok: true, receipt: {} });
  await client.next("commit");
});

it.each([
  "round-opened",
  "round-sealed",
  "round-committed",
])("goes on by itself where the disk was full when it wrote %s: no round is lost, none is counted twice", async (failsOn) => {
  const disk: { isFull: boolean; failsOn?: string } = { isFull: false };
  const client = await start(storeOnDisk(disk));
  const first = await client.offer();
  disk.failsOn = failsOn;
  await client.send(await client.update(first));
  await expect.poll(() => coordinator?.paused()).toMatch(/no space left/);
  delete disk.failsOn;
  disk.isFull = false;
  const commit = parseCommit(await client.next("commit"));
  expect(commit.round).toBe(0);
  expect((await client.offer()).round).toBe(1);
  expect(kinds().filter((kind) => kind === "round-committed")).toHaveLength(1);
  expect(coordinator?.paused()).toBeUndefined();
});
