import { expect, it } from "vitest";
import { createPublishedParams } from "../../../server/rounds/publishedParams.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import type { Store } from "../../../server/store/store.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";
import { openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";

const hashOf = (i: number): ContentHash => `sha256-${i.toString(16).padStart(64, "0")}`;
const NONE: ContentHash = `sha256-${"f".repeat(64)}`;

/** A store that is asked for blobs, holds those that `held` names, and notes who was asked for. */
function scene(held: Set<ContentHash>) {
  const asked: ContentHash[] = [];
  const store = {
    async hasBlob(hash: ContentHash) {
      asked.push(hash);
      return held.has(hash);
    },
    getBlob: async () => new Uint8Array(1),
  } as unknown as Store;
  const published = createPublishedParams(store, [hashOf(0)], { paramsHash: NONE, paramsBytes: new Uint8Array(1) });
  /** Those of the first so many that are known: only for these the store is asked. */
  const known = async (count: number): Promise<readonly ContentHash[]> => {
    asked.length = 0;
    for (let i = 0; i < count; i++) await published.read(hashOf(i));
    return [...asked];
  };
  return { published, asked, known };
}

it("forgets hashes as the store lets their blobs go, and keeps the initial one, the best and the last", async () => {
  const held = new Set([hashOf(0)]);
  const { published, asked, known } = scene(held);
  for (let i = 1; i < 1000; i++) {
    held.add(hashOf(i));
    if (i > 8 && i !== 13) held.delete(hashOf(i - 8)); // 5 is the best
    published.add(hashOf(i));
    await settle();
  }
  expect(asked).toHaveLength(2 * 999); // however many there are
  const left = await known(1000);
  expect([...held].filter((hash) => !left.includes(hash))).toEqual([]);
  expect(left.length).toBeLessThanOrEqual(2 * held.size);
});

it("keeps what is published again while the store is asked for it", async () => {
  const held = new Set<ContentHash>();
  const { published } = scene(held);
  published.add(hashOf(1)); // asks for 0, which is gone
  held.add(hashOf(0));
  published.add(hashOf(0));
  await settle();
  expect(await published.read(hashOf(0))).toBeDefined();
});

it("knows after a restart what the store holds, and no more", async () => {
  const inner = createMemoryStore();
  const plan = {
    rounds: null,
    cohort: { size: 1, quorum: 1 },
    objective: { metric: "trainLoss", goal: "min" },
  } as const;
  const first = await openDirectWorld(["a"], { plan, ports: { store: inner } });
  const [a] = first.clients;
  for (let round = 0; round < 12; round++) {
    const update = await a!.update({ metrics: { trainLoss: round === 2 ? 0.5 : 1 } });
    expect(await a!.deliver(update)).toMatchObject({ ok: true });
    await settle();
  }
  await first.coordinator.drain();
  const asked: ContentHash[] = [];
  const store: Store = Object.create(inner, {
    hasBlob: {
      value(hash: ContentHash) {
        asked.push(hash);
        return inner.hasBlob(hash);
      },
    },
  });
  const { coordinator } = await openDirectWorld([], { plan, ports: { store }, isUnopened: true });
  const hashes = [...inner.events()].flatMap(({ event }) =>
    event.kind === "run-created" || event.kind === "round-committed" ? [event.paramsHash] : [],
  );
  const readable: number[] = [];
  for (const [version, hash] of hashes.entries()) {
    if ((await coordinator.params(hash)) !== undefined) readable.push(version);
  }
  expect(readable.slice(-8)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  expect(readable.slice(0, -8)).toEqual([0, 2]); // the start, and the best: what the client of round 2 began with
  expect(asked).toHaveLength(readable.length - 1); // the current ones are at hand
});
