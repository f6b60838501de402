import { writeFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { inlineTiles } from "../../../server/strategies/robust/inlineTiles.ts";
import type { TileRunner } from "../../../server/strategies/robust/tileCall.ts";
import { floatsToBytes } from "../../../shared/params/littleEndian.ts";
import { type DirectClient, type DirectWorld, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { bareFormat, tinyModel } from "../../support/testCoordinator.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const openMedian = (names: readonly string[], store: Store) =>
  openDirectWorld(names, {
    plan: { cohort: { size: 3, quorum: 3 }, aggregation: { kind: "median" } },
    ports: { store, deltaMemoryBytes: 0 },
  });

const deliver = async (client: DirectClient, value: number): Promise<void> => {
  const delta = new Float32Array(client.offer.numParams).fill(value);
  expect(await client.deliver(await client.update({ delta }))).toMatchObject({ ok: true });
};

/** Writes other values where the first update lies: whoever reads it there sees them. */
function replaceFirst(store: Store, value: number): void {
  const [payloadHash] = [...store.events()].flatMap(({ event }) =>
    event.kind === "update-accepted" ? [event.payloadHash] : [],
  );
  const { length } = tinyModel().spec;
  writeFileSync(store.blobPath(payloadHash!) as string, floatsToBytes(new Float32Array(length).fill(value)));
}

async function committedParams({ coordinator, store }: DirectWorld): Promise<Float32Array> {
  const { view } = coordinator;
  await vi.waitUntil(() => view.state.phase === "committed");
  return bareFormat(tinyModel()).decode(await store.getBlob(view.paramsHash));
}

it("aggregates deltas from the store where the memory for them ends", async () => {
  const store = await openStore({ directory: temporaryFolder() });
  const world = await openMedian(["a", "b", "c"], store);
  const [a, b, c] = world.clients as [DirectClient, DirectClient, DirectClient];
  await deliver(a, 0);
  await deliver(b, 1);
  replaceFirst(store, 0.5);
  await deliver(c, 0.25);
  expect((await committedParams(world))[0]).toBe(1.5); // 1 + the median of 0.5, 1, 0.25: with a's own 0 it were 0.25
  await store.close();
});

it("does so for updates that it had accepted before it was started again", async () => {
  const directory = temporaryFolder();
  const first = await openStore({ directory });
  const before = await openMedian(["a", "b", "c"], first);
  await deliver(before.clients[0] as DirectClient, 0);
  await before.coordinator.drain();
  await first.close();
  const store = await openStore({ directory });
  const world = await openMedian([], store);
  const [b, c] = [await world.join("b"), await world.join("c")];
  await deliver(b, 1);
  replaceFirst(store, 0.5);
  await deliver(c, 0.25);
  expect((await committedParams(world))[0]).toBe(1.5);
  await store.close();
});

it("aggregates again when the system refused a file and may grant it later", async () => {
  const clock = createVirtualClock();
  let numRefused = 0;
  const tiles: TileRunner = {
    run(call) {
      if (numRefused++ === 0)
        throw Object.assign(new Error("too many open files"), { code: "EMFILE", syscall: "open" });
      return inlineTiles.run(call);
    },
  };
  const { coordinator, clients } = await openDirectWorld(["a", "b", "c"], {
    plan: { aggregation: { kind: "median" } },
    ports: { clock, tiles },
  });
  for (const client of clients) await deliver(client, 1);
  await settle();
  expect(coordinator.view).toMatchObject({ paused: expect.anything(), state: { phase: "sealed" } });
  expect(coordinator.view.paused).toContain("too many open files; then it goes on by itself");
  expect(coordinator.view.pauseReason).toContain("then the run goes on by itself");
  clock.advance(5000);
  await settle();
  expect(coordinator.view).toMatchObject({ paused: undefined, state: { phase: "committed" } });
});
