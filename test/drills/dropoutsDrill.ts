import { expect } from "vitest";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { contentHash } from "../../shared/base/hash.ts";
import { createRng, type Rng, shuffle } from "../../shared/base/rng.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import { parseCommitRecord } from "../../shared/protocol/commitRecord.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import { joinRawClient, type RawClient, ticketOf } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";
import { createVirtualClock, type VirtualClock } from "../support/virtualClock.ts";

export interface DropoutsOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly numClients: number;
}

export interface DropoutsResult {
  /** Members that were offered work, and those of them that fell silent or left, over all rounds. */
  readonly members: number;
  readonly missing: number;
  /** Updates of clients that left for good and still count: theirs had arrived whole. */
  readonly leftButCounted: number;
}

const DEADLINE_MS = 60_000;
const GRACE_MS = 10_000;
/** The next round waits until the drill has everybody back. */
const BETWEEN_MS = 200_000;
const NUM_PARAMS = 10;

/** Where a client stops, in the order of a round. */
const STOPS = [
  "before accepting",
  "after accepting",
  "after its header",
  "in mid-payload",
  "after its last byte",
] as const;

interface Scene {
  readonly coordinator: TestCoordinator;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly names: readonly string[];
}

async function startScene({ seed, numClients }: DropoutsOptions): Promise<Scene> {
  const clock = createVirtualClock();
  const coordinator = await startTestCoordinator({
    clock,
    plan: { cohort: { size: numClients, quorum: Math.ceil(numClients / 2) }, deadlineMs: DEADLINE_MS },
    timing: { reconnectGraceMs: GRACE_MS, minRoundMs: BETWEEN_MS, gatherMs: GRACE_MS },
    limits: { connectBurst: 100_000 },
  });
  return {
    ...{ coordinator, clock, rng: createRng(seed, "dropouts") },
    names: Array.from({ length: numClients }, (_, i) => `client-${i}`),
  };
}

/** A delta and a weight of one's own; small whole numbers of eighths, so that every sum below is exact. */
function updateOf(client: RawClient, offer: Parameters<RawClient["update"]>[0], rng: Rng): Promise<SignedUpdate> {
  const delta = Float32Array.from({ length: NUM_PARAMS }, () => (rng.nextBelow(17) - 8) / 8);
  return client.update(offer, { delta, numExamples: 1 + rng.nextBelow(100) });
}

/** base + (sum of weight x delta) / (sum of weights) over the updates that the signed commit names, in f64. */
function expectedParams(
  base: Float32Array,
  updates: readonly SignedUpdate[],
  weights: readonly number[],
): Float32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return base.map((value, i) => {
    const sum = updates.reduce((acc, { payload }, k) => {
      return acc + (weights[k] as number) * (f32.decode(payload, NUM_PARAMS)[i] as number);
    }, 0);
    return Math.fround(value + sum / total);
  });
}

async function paramsOf({ coordinator }: Scene): Promise<Float32Array> {
  const response = await fetch(`${coordinator.url}/api/params/${coordinator.status().live.paramsHash}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(contentHash(nodeSha256, bytes)).toBe(coordinator.status().live.paramsHash);
  return f32.decode(bytes, NUM_PARAMS);
}

/** The commit names exactly these updates, and the params are their exact weighted mean. */
async function expectExactSum(scene: Scene, base: Float32Array, witness: RawClient, counted: readonly SignedUpdate[]) {
  const { record } = parseCommit(await witness.next("commit"));
  expect(parseCommitRecord(record).headerHashes).toEqual(counted.map(({ headerHash }) => headerHash).sort());
  const weights = counted.map(({ submit }) =>
    new DataView(submit.header.buffer, submit.header.byteOffset).getUint32(272, true),
  );
  expect(await paramsOf(scene)).toEqual(expectedParams(base, counted, weights));
}

/** 30 % of the members leave in mid-round, each at a place of its own; half of those come back in time and go on. */
export async function runDropoutsDrill(options: DropoutsOptions): Promise<DropoutsResult> {
  const scene = await startScene(options);
  const { coordinator, clock, rng, names } = scene;
  const result = { members: 0, missing: 0, leftButCounted: 0 };
  let clients = await Promise.all(names.map((name) => joinRawClient(coordinator.url, name)));
  try {
    for (let round = 0; round < options.rounds; round++) {
      const base = await paramsOf(scene);
      const offers = await Promise.all(clients.map((client) => client.offer()));
      expect(offers.map((offer) => offer.round)).toEqual(offers.map(() => round));
      const updates = await Promise.all(clients.map((client, i) => updateOf(client, offers[i] as never, rng)));
      const order = names.map((_, i) => i);
      shuffle(order, rng);
      const leaving = order.slice(0, Math.round(0.3 * names.length));
      const counted = new Set<SignedUpdate>();
      let gone = 0;
      for (const i of leaving) {
        const [client, update] = [clients[i] as RawClient, updates[i] as SignedUpdate];
        const stop = rng.nextBelow(STOPS.length);
        await leaveAt(client, update, stop);
        const comesBack = rng.nextBelow(2) === 0;
        if (!comesBack) gone++;
        else {
          const again = await joinRawClient(coordinator.url, names[i] as string);
          clients[i] = again;
          expect(await again.send(update, 16)).toMatchObject({ ok: true, receipt: {} });
        }
        if (comesBack || stop === STOPS.length - 1) counted.add(update);
        else result.missing++;
        if (!comesBack && stop === STOPS.length - 1) result.leftButCounted++;
      }
      const staying = order.slice(leaving.length);
      for (const i of staying) {
        expect(await clients[i]?.send(updates[i] as SignedUpdate, 16)).toMatchObject({ ok: true, receipt: {} });
        counted.add(updates[i] as SignedUpdate);
      }
      result.members += names.length;
      await expect.poll(() => coordinator.status().live.numConnected).toBe(names.length - gone);
      if (counted.size < names.length) {
        clock.advance(GRACE_MS - 1);
        expect(coordinator.status().live.version).toBe(round); // they may still come back
        clock.advance(1);
      }
      await expectExactSum(scene, base, clients[staying[0] as number] as RawClient, [...counted]);
      for (const client of clients) client.close();
      await expect.poll(() => coordinator.status().live.numConnected).toBe(0);
      clients = await Promise.all(names.map((name) => joinRawClient(coordinator.url, name)));
      clock.advance(BETWEEN_MS);
    }
  } finally {
    for (const client of clients) client.close();
    await coordinator.close();
  }
  return result;
}

async function leaveAt(client: RawClient, { submit, payload }: SignedUpdate, stop: number): Promise<void> {
  const ticket = ticketOf(submit.header);
  if (stop >= 1) await client.emit("accept", { ticket });
  if (stop >= 2) await client.emit("submit", submit);
  if (stop >= 3) await client.emit("chunk", { ticket, offset: 0, bytes: payload.slice(0, 12) });
  if (stop >= 4) await client.emit("chunk", { ticket, offset: 12, bytes: payload.slice(12) });
  client.close();
}

/** 20 % of the members accept and never answer, one never says a word: the round closes at its deadline, no sooner. */
export async function runStragglersDrill(options: DropoutsOptions): Promise<DropoutsResult> {
  const scene = await startScene(options);
  const { coordinator, clock, rng, names } = scene;
  const result = { members: 0, missing: 0, leftButCounted: 0 };
  const clients = await Promise.all(names.map((name) => joinRawClient(coordinator.url, name)));
  try {
    for (let round = 0; round < options.rounds; round++) {
      const base = await paramsOf(scene);
      const offers = await Promise.all(clients.map((client) => client.offer()));
      const updates = await Promise.all(clients.map((client, i) => updateOf(client, offers[i] as never, rng)));
      const order = names.map((_, i) => i);
      shuffle(order, rng);
      const silent = order.slice(0, 1 + Math.round(0.2 * names.length));
      const answering = order.slice(silent.length);
      for (const i of silent.slice(1)) {
        const ticket = ticketOf((updates[i] as SignedUpdate).submit.header);
        expect(await clients[i]?.emit("accept", { ticket })).toEqual({ ok: true });
      }
      for (const i of answering) await clients[i]?.send(updates[i] as SignedUpdate, 16);
      clock.advance(DEADLINE_MS - 1);
      expect(coordinator.status().live).toMatchObject({ version: round, phase: "collecting" });
      clock.advance(1);
      const counted = answering.map((i) => updates[i] as SignedUpdate);
      await expectExactSum(scene, base, clients[0] as RawClient, counted);
      for (const i of silent) {
        const late = await clients[i]?.send(updates[i] as SignedUpdate, 16);
        expect(late).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
      }
      for (const client of clients.slice(1)) await client.next("commit");
      result.members += names.length;
      result.missing += silent.length;
      clock.advance(BETWEEN_MS);
    }
  } finally {
    for (const client of clients) client.close();
    await coordinator.close();
  }
  return result;
}
