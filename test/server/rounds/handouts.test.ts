import { expect, it } from "vitest";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { type ContentHash, toHex } from "../../../shared/base/hash.ts";
import { parseManifest } from "../../../shared/protocol/manifest.ts";
import type { Offer } from "../../../shared/protocol/offer.ts";
import { type DirectClient, type DirectWorld, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const SOON = { interval: 2, timeout: 10_000 };

/** SQLite that once has no room for a transaction, when told. */
async function fillableSqlite() {
  const load = await loadSqlite();
  const disk = { isFull: false };
  const openSqlite: typeof load = (path, options) => {
    const database = load(path, options);
    return {
      prepare: (sql) => database.prepare(sql),
      close: () => database.close(),
      exec(sql) {
        if (disk.isFull && sql.startsWith("BEGIN IMMEDIATE")) {
          disk.isFull = false;
          throw Object.assign(new Error("database or disk is full"), { errcode: 13 }); // SQLITE_FULL
        }
        database.exec(sql);
      },
    };
  };
  return { disk, openSqlite };
}

const handoutsOf = ({ manifest }: Offer): readonly ContentHash[] =>
  parseManifest(manifest).parts.map(({ hash }) => hash as ContentHash);

async function expectFetchable({ coordinator }: DirectWorld, offer: Offer): Promise<void> {
  for (const hash of handoutsOf(offer)) expect(await coordinator.params(hash), hash).toBeDefined();
}

it("stores what a round hands out again when its opening was refused by a full disk", async () => {
  const { disk, openSqlite } = await fillableSqlite();
  const directory = temporaryFolder();
  const clock = createVirtualClock();
  const plan = { strategy: { kind: "scaffold", population: 10 } } as const;
  const store = await openStore({ directory, windowMs: 0, openSqlite });
  const mayOpen = async () => {
    disk.isFull = clock.nowMs() === 0; // handouts are stored, the event that names them is not
    return undefined;
  };
  const opening = openDirectWorld(["a"], { plan, ports: { store, clock }, mayOpen });
  await expect.poll(() => store.readOnlyReason, SOON).toMatch(/full/);
  clock.advance(6000); // beyond mendMs
  const world = await opening;
  const { offer } = world.clients[0] as DirectClient;
  expect(handoutsOf(offer)).toHaveLength(2);
  await expectFetchable(world, offer);
  await world.coordinator.drain();
  await store.close();

  const again = await openStore({ directory, windowMs: 0 });
  const resumed = await openDirectWorld(["a"], { plan, ports: { store: again, clock } });
  const [client] = resumed.clients as [DirectClient];
  expect(client.offer.ticket).toEqual(offer.ticket);
  await expectFetchable(resumed, client.offer);
  const parts = new Map([["control", new Float32Array(10)]]);
  expect(await client.deliver(await client.update({ parts }))).toMatchObject({ ok: true, receipt: {} });
  await expect.poll(() => resumed.coordinator.view.state.version, SOON).toBe(1);
  await resumed.coordinator.drain();
  await again.close();
});

it("hands out what an edge has, however many attempts without that edge lie between", async () => {
  const directory = temporaryFolder();
  const clock = createVirtualClock();
  const store = await openStore({ directory, windowMs: 0 });
  const names = Array.from({ length: 10 }, (_, i) => `client ${i}`);
  const world = await openDirectWorld(names, {
    plan: {
      rounds: null,
      cohort: { size: 1, quorum: 1, sampler: { kind: "round-robin" } },
      strategy: { kind: "hierarchical", edges: 1000, edgeRounds: 1000 }, // each client is at an edge of its own
    },
    ports: { store, clock },
    isUnopened: true,
  });
  const { coordinator } = world;
  /** The member of the next attempt, once it is open. */
  async function asked(round: number, attempt: number): Promise<DirectClient> {
    clock.advance(60_000);
    await expect.poll(() => coordinator.view.state, SOON).toMatchObject({ round, attempt, phase: "announced" });
    const clientId = coordinator.view.state.members[0]?.clientId;
    return world.clients.find(({ signer }) => toHex(signer.publicKey) === clientId) as DirectClient;
  }
  for (let round = 0; round < names.length; round++) {
    const client = await asked(round, 0);
    await client.deliver(await client.update({ delta: new Float32Array(10).fill(round / 10) }));
  }
  const bases = new Set<string>();
  for (let attempt = 0; attempt < 2 * names.length; attempt++) {
    // Each half asks all of them, in any order: whom the first attempt asked is asked again after nine others at least.
    const { offer, send } = await asked(names.length, attempt);
    await expectFetchable(world, offer);
    bases.add(offer.baseParamsHash);
    await send("decline", { ticket: offer.ticket });
  }
  expect(bases.size).toBe(names.length);
  await settle();
  await coordinator.drain();
  await store.close();
  await (await openStore({ directory })).close(); // which finds what the last opening names
});
