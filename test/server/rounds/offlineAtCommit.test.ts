import { expect, it } from "vitest";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { type DirectClient, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** Two updates make a commit, three clients work; a lost connection is waited for 10 s. */
async function openAsynchronous(
  names: readonly string[],
  store: Store = createMemoryStore(),
  rounds: number | null = null,
) {
  const clock = createVirtualClock();
  const world = await openDirectWorld(names, {
    plan: {
      rounds,
      cohort: { size: 2, quorum: 2 },
      strategy: { kind: "fedbuff", concurrency: 3 },
      maxStaleness: 2,
    },
    ports: { clock, store },
  });
  const memberOf = ({ signer }: DirectClient) => {
    const id = Buffer.from(signer.publicKey).toString("hex");
    return world.coordinator.view.state.members.find(({ clientId }) => clientId === id);
  };
  const commit = async (...clients: readonly DirectClient[]): Promise<void> => {
    for (const client of clients) expect(await client.deliver(await client.update())).toMatchObject({ ok: true });
    await settle();
  };
  const [a, b, c] = world.clients as [DirectClient, DirectClient, DirectClient];
  return { ...world, clock, memberOf, commit, a, b, c };
}

it("keeps the place of a member that is offline at a commit and comes back within its time", async () => {
  const { coordinator, clock, memberOf, commit, join, a, b, c } = await openAsynchronous(["a", "b", "c"]);
  const work = await c.update();
  c.lose();
  await commit(a, b);
  expect(coordinator.view.state).toMatchObject({ round: 1, phase: "announced" });
  expect(memberOf(c)).toMatchObject({ baseVersion: 0, status: "working" });
  clock.advance(9999);
  const back = await join("c");
  expect(back.offer.ticket).toEqual(c.offer.ticket);
  expect(await back.deliver(work)).toMatchObject({ ok: true, receipt: {} });
  await commit(a);
  expect(coordinator.view.state.version).toBe(2);
});

it("gives the place of one that stays away to another, after no more time than during a round", async () => {
  const { coordinator, clock, memberOf, commit, join, a, b, c } = await openAsynchronous(["a", "b", "c"]);
  const work = await c.update();
  c.lose();
  clock.advance(6000);
  await commit(a, b); // the time that it has been away goes on counting
  expect(memberOf(c)?.status).toBe("working");
  clock.advance(4000);
  expect(memberOf(c)?.status).toBe("dropped");
  const d = await join("d");
  await commit(a, b);
  expect(coordinator.view.state.round).toBe(2);
  expect([memberOf(c), memberOf(d)?.baseVersion]).toEqual([undefined, 2]);
  const back = await join("c");
  expect(await back.send("submit", work.submit)).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
});

it("counts time away between two rounds, where no round opens for long", async () => {
  const { coordinator, clock, memberOf, commit, join, a, b, c } = await openAsynchronous(["a", "b", "c"]);
  await coordinator.pause("night");
  await commit(a, b);
  c.lose();
  clock.advance(9999);
  expect(memberOf(c)?.status).toBe("offered");
  clock.advance(1);
  expect(memberOf(c)?.status).toBe("dropped");
  await join("d");
  await coordinator.resume();
  await settle();
  expect(coordinator.view.state).toMatchObject({ round: 1, phase: "announced" });
  expect(memberOf(c)).toBeUndefined();
});

it("comes to the same round from its journal, and waits for the member anew", async () => {
  const first = await openAsynchronous(["a", "b", "c"]);
  const work = await first.c.update();
  first.c.lose();
  await first.commit(first.a, first.b);
  await first.coordinator.drain();
  const again = await openAsynchronous([], first.store);
  expect(again.coordinator.view.state).toEqual(first.coordinator.view.state);
  again.clock.advance(9999);
  const back = await again.join("c");
  expect(await back.deliver(work)).toMatchObject({ ok: true, receipt: {} });
  again.clock.advance(1);
  expect(again.memberOf(first.a)?.status).toBe("dropped");
});

it("knows from its journal who was at work when it stopped between two rounds", async () => {
  const first = await openAsynchronous(["a", "b", "c"]);
  const work = await first.c.update();
  await first.coordinator.pause("night");
  await first.commit(first.a, first.b);
  await first.coordinator.drain();
  const again = await openAsynchronous([], first.store);
  expect(again.coordinator.view.state).toMatchObject({ round: 1, phase: "idle", numPending: 1 });
  const back = await again.join("c");
  expect(back.offer.ticket).toEqual(first.c.offer.ticket);
  await again.coordinator.resume();
  await again.join("a");
  await again.join("d");
  await settle();
  expect(again.memberOf(back)).toMatchObject({ baseVersion: 0, status: "working" });
  expect(await back.deliver(work)).toMatchObject({ ok: true, receipt: {} });
});

it("knows them too where its last attempt was given up", async () => {
  const first = await openAsynchronous(["a", "b", "c"]);
  const work = await first.c.update();
  await first.coordinator.pause("night");
  for (const client of [first.a, first.b]) await client.send("decline", { ticket: client.offer.ticket });
  await first.c.deliver(work);
  await settle();
  expect(first.coordinator.view.state).toMatchObject({ attempt: 0, phase: "aborted" });
  await first.coordinator.drain();
  const again = await openAsynchronous([], first.store);
  const { state } = again.coordinator.view;
  expect(state).toMatchObject({ round: 0, attempt: 1, phase: "idle" });
  // Declines are not in the journal: these two are asked again.
  expect(state.members.map(({ status }) => status)).toEqual(["offered", "offered"]);
});

it.each([
  ["has had its last round", 1, undefined],
  ["was stopped", null, "enough"],
] as const)("waits for nobody once the run %s, before a restart and after it", async (_, rounds, reason) => {
  const first = await openAsynchronous(["a", "b", "c"], undefined, rounds);
  const work = await first.c.update();
  await first.commit(first.a, first.b);
  if (reason !== undefined) await first.coordinator.stop(reason);
  expect(await first.c.deliver(work)).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
  await first.coordinator.drain();
  const again = await openAsynchronous([], first.store, rounds);
  expect(again.coordinator.view).toMatchObject({ isFinished: true, state: { members: [] } });
  expect(again.clock.numScheduled).toBe(0);
  const back = await again.join("c");
  expect(await back.send("submit", work.submit)).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
});

it("waits for them no longer than for others", async () => {
  const first = await openAsynchronous(["a", "b", "c"]);
  await first.coordinator.pause("night");
  await first.commit(first.a, first.b);
  await first.coordinator.drain();
  const again = await openAsynchronous([], first.store);
  again.clock.advance(9999);
  expect(again.memberOf(first.c)?.status).toBe("offered");
  again.clock.advance(1);
  expect(again.memberOf(first.c)?.status).toBe("dropped");
});

it("opens no round with members who are all away", async () => {
  const { coordinator, clock, commit, join, a, b, c } = await openAsynchronous(["a", "b", "c"]);
  await coordinator.pause("night");
  await commit(a, b);
  for (const client of [a, b, c]) client.lose();
  await coordinator.resume();
  clock.advance(5000);
  await settle();
  expect(coordinator.view.state).toMatchObject({ round: 0, phase: "committed" });
  await join("a");
  await join("d");
  clock.advance(5000);
  await settle();
  expect(coordinator.view.state).toMatchObject({ round: 1, attempt: 0, phase: "announced" });
  expect(coordinator.view.state.members).toHaveLength(3); // who is away keeps its place
});

it("takes a decline that comes while the next opening is written", async () => {
  const store = createMemoryStore();
  let release: (() => void) | undefined;
  const slow: Store = Object.create(store, {
    append: {
      value: async (event: JournalEvent) => {
        if (event.kind === "round-opened" && event.round === 1)
          await new Promise<void>((resolve) => (release = resolve));
        return store.append(event);
      },
    },
  });
  const { memberOf, commit, a, b, c } = await openAsynchronous(["a", "b", "c"], slow);
  await commit(a, b);
  expect(await c.send("decline", { ticket: c.offer.ticket })).toMatchObject({ ok: true });
  expect(memberOf(c)?.status).toBe("declined");
  release?.();
  await settle();
  expect(memberOf(c)).toMatchObject({ baseVersion: 0, status: "declined" });
});
