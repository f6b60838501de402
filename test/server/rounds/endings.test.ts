import { expect, it } from "vitest";
import { openingWait } from "../../../server/rounds/openingWait.ts";
import { DEFAULT_TIMING } from "../../../server/rounds/run.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { readRunHistory } from "../../../server/store/runHistory.ts";
import type { Store } from "../../../server/store/store.ts";
import { type DirectWorldOptions, openDirectWorld } from "../../drills/directWorld.ts";
import { settle } from "../../support/settle.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

/** A store with some members of its own. */
function storeWith(members: Partial<Store>, store: Store = createMemoryStore()): Store {
  const own = { ...Object.getOwnPropertyDescriptors(store), ...Object.getOwnPropertyDescriptors(members) };
  return Object.defineProperties({}, own) as Store;
}

/** What waits at a gate goes on once it is let go; `reached` resolves when the first does. */
function createGate() {
  let letGo = (): void => {};
  let arrive = (): void => {};
  const open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const pass = (): Promise<void> => {
    arrive();
    return open;
  };
  return { pass, reached, letGo: () => letGo() };
}

const open = (names: readonly string[], options: DirectWorldOptions) =>
  openDirectWorld(names, { ...options, plan: { rounds: null, ...options.plan } });

it("ends a round that was being opened when the run was stopped", async () => {
  const inner = createMemoryStore();
  const gate = createGate();
  const store = storeWith(
    {
      async append(event) {
        if (event.kind === "round-opened") await gate.pass();
        return inner.append(event);
      },
    },
    inner,
  );
  const { coordinator } = await open(["a"], { ports: { store }, isUnopened: true });
  await gate.reached;
  const stopped = coordinator.stop("enough");
  await settle();
  gate.letGo();
  await stopped;
  expect(readRunHistory(store.events())).toMatchObject({
    stopped: { reason: "enough", isReached: false },
    open: undefined,
  });
});

it("counts an update that was on its way to the disk when the run was stopped before the round is over", async () => {
  const inner = createMemoryStore();
  const gate = createGate();
  let isHolding = false;
  const putBlob: Store["putBlob"] = async (bytes, hash) => {
    if (isHolding) await gate.pass();
    return inner.putBlob(bytes, hash);
  };
  const store = storeWith({ putBlob }, inner);
  const { coordinator, clients } = await open(["a", "b"], { ports: { store } });
  isHolding = true;
  const update = await clients[0]!.update();
  const delivered = clients[0]!.deliver(update);
  await gate.reached;
  const stopped = coordinator.stop("enough");
  await settle();
  gate.letGo();
  expect(await delivered).toMatchObject({ ok: true, receipt: expect.anything() });
  await stopped;
  expect(readRunHistory(store.events())).toMatchObject({
    stopped: { reason: "enough", isReached: false },
    open: undefined,
  });
});

it("ends a round that cannot be finished when the run is stopped", async () => {
  const evaluate = async () => {
    throw new TypeError("a judge's fault");
  };
  const { coordinator, clients, store } = await open(["a"], { ports: { evaluate } });
  await clients[0]!.deliver(await clients[0]!.update());
  await settle();
  expect(coordinator.view).toMatchObject({
    paused: expect.stringMatching(/a judge's fault/),
    pauseReason: "a fault of the coordinator; mend what its log names, then start it again",
  });
  await coordinator.stop("enough");
  expect(readRunHistory(store.events())).toMatchObject({
    stopped: { reason: "enough", isReached: false },
    open: undefined,
  });
});

it.each(["pause", "stop"] as const)("opens no round of a run that was told to %s when it had no room", async (act) => {
  const clock = createVirtualClock();
  let obstacle: string | undefined = "the folder is full";
  const mayOpen = async () => obstacle;
  const { coordinator, store } = await open(["a"], { ports: { clock }, mayOpen, isUnopened: true });
  await settle();
  expect(coordinator.view.paused).toMatch(/the folder is full/);
  expect(coordinator.view.pauseReason).toMatch(/the data folder holds more than it may; raise maxDisk/);
  await coordinator[act]("enough");
  obstacle = undefined;
  clock.advance(60_000);
  await settle();
  expect(readRunHistory(store.events()).open).toBeUndefined();
});

it("opens the round that had no room once it has some", async () => {
  const clock = createVirtualClock();
  let obstacle: string | undefined = "the folder is full";
  const mayOpen = async () => obstacle;
  const { store } = await open(["a"], { ports: { clock }, mayOpen, isUnopened: true });
  await settle();
  obstacle = undefined;
  clock.advance(60_000);
  await settle();
  expect(readRunHistory(store.events()).open).toBeDefined();
});

it("looks again for room when it could not see whether there is any", async () => {
  const clock = createVirtualClock();
  const answers = [async () => "the folder is full", async () => Promise.reject(new Error("no such folder"))];
  const mayOpen = async () => answers.shift()?.();
  const { coordinator, store } = await open(["a"], { ports: { clock }, mayOpen, isUnopened: true });
  await settle();
  clock.advance(6000); // beyond mendMs
  await settle();
  expect(coordinator.view.paused).toMatch(/no such folder/);
  clock.advance(6000);
  await settle();
  expect(readRunHistory(store.events()).open).toBeDefined();
});

it("waits for no member whose connection goes with the coordinator", async () => {
  const clock = createVirtualClock();
  const { coordinator, clients, store } = await open(["a", "b"], { ports: { clock } });
  await coordinator.drain();
  for (const client of clients) client.lose();
  expect(clock.numScheduled).toBe(0);
  expect(readRunHistory(store.events()).open).toBeDefined();
});

const REACHED = { objective: { metric: "trainLoss", goal: "min", target: 2 } } as const;

it("tells the clients that the run is finished when its objective is reached", async () => {
  const told: unknown[] = [];
  const broadcaster = { broadcast: (_event: string, payload: object) => void told.push(payload) };
  const { clients } = await open(["a"], { plan: REACHED, ports: { broadcaster } });
  await clients[0]!.deliver(await clients[0]!.update());
  await settle();
  expect(told.at(-1)).toMatchObject({ phase: "finished" });
});

it("commits a round once, whatever becomes of the word that its objective is reached", async () => {
  const clock = createVirtualClock();
  const inner = createMemoryStore();
  let readOnlyReason: string | undefined;
  const store = storeWith(
    {
      get readOnlyReason() {
        return readOnlyReason;
      },
      canReopen: true,
      async reopen() {
        readOnlyReason = undefined;
        return true;
      },
      async append(event) {
        if (event.kind === "run-stopped" && isFirst) {
          isFirst = false;
          readOnlyReason = "the disk is full";
          throw new Error(readOnlyReason);
        }
        return inner.append(event);
      },
    },
    inner,
  );
  let isFirst = true;
  const { clients } = await open(["a"], { plan: REACHED, ports: { store, clock }, isUnopened: true });
  clock.advance(60_000);
  await settle();
  await clients[0]!.deliver(await clients[0]!.update());
  await settle();
  clock.advance(60_000);
  await settle();
  const { commits, stopped } = readRunHistory(store.events());
  expect(commits).toHaveLength(1);
  expect(stopped).toMatchObject({ reason: expect.stringMatching(/the target of 2 is reached/), isReached: true });
});

it.each([
  [true, "a write to the disk failed; free space or mend it, then the run goes on by itself"],
  [false, "a write to the disk failed; check it, then start the coordinator again"],
])("tells anybody of a failed write without its path (it may be mended: %s)", async (isMendable, reason) => {
  const inner = createMemoryStore();
  let readOnlyReason: string | undefined;
  const store = storeWith(
    {
      get readOnlyReason() {
        return readOnlyReason;
      },
      canReopen: isMendable,
      async append(event) {
        if (event.kind !== "round-opened") return inner.append(event);
        readOnlyReason = "/data/journal.db takes no writes";
        throw new Error(readOnlyReason);
      },
    },
    inner,
  );
  const { coordinator } = await open(["a"], { ports: { store, clock: createVirtualClock() }, isUnopened: true });
  await settle();
  expect(coordinator.view.paused).toMatch(/journal.db/);
  expect(coordinator.view.pauseReason).toBe(reason);
});

it("opens no round between the end of the last one and a stop, if somebody resumes the run meanwhile", async () => {
  const inner = createMemoryStore();
  const gate = createGate();
  const store = storeWith(
    {
      async append(event) {
        if (event.kind === "round-aborted") await gate.pass();
        return inner.append(event);
      },
    },
    inner,
  );
  const clock = createVirtualClock();
  const { coordinator } = await open(["a"], { ports: { store, clock } });
  await coordinator.pause("night");
  const stopped = coordinator.stop("enough");
  await gate.reached;
  await coordinator.resume();
  clock.advance(60_000);
  gate.letGo();
  await Promise.all([stopped, coordinator.stop("twice")]);
  clock.advance(60_000); // the pause after the attempt that the stop ended
  await settle();
  const kinds = [...store.events()].map(({ event }) => event.kind);
  expect(kinds.filter((kind) => kind === "round-opened" || kind === "run-stopped")).toEqual([
    "round-opened",
    "run-stopped",
  ]);
});

it("opens no round once a pause is on its way to the journal", async () => {
  const inner = createMemoryStore();
  const gate = createGate();
  const store = storeWith(
    {
      async append(event) {
        if (event.kind === "run-paused") await gate.pass();
        return inner.append(event);
      },
    },
    inner,
  );
  const { coordinator, join } = await open([], { plan: { cohort: { size: 1, quorum: 1 } }, ports: { store } });
  const paused = coordinator.pause("night");
  await join("a");
  await settle();
  expect(coordinator.view.state.phase).toBe("idle");
  gate.letGo();
  await paused;
  await coordinator.resume();
  await settle();
  expect(coordinator.view.state.phase).toBe("announced");
});

it("takes an operator's words in their order, each for what those before it came to", async () => {
  const { coordinator, store } = await open(["a"], {});
  const pause = (): Promise<void> => coordinator.pause("night");
  await Promise.all([pause(), coordinator.resume(), pause(), pause(), coordinator.resume(), pause()]);
  expect(coordinator.view.pauseReason).toBe("night");
  const kinds = [...store.events()]
    .map(({ event }) => event.kind)
    .filter((kind) => /^run-(paused|resumed)$/.test(kind));
  expect(kinds).toEqual(["run-paused", "run-resumed", "run-paused", "run-resumed", "run-paused"]);
});

it("mends by itself after an operator's word met a full disk", async () => {
  const clock = createVirtualClock();
  const inner = createMemoryStore();
  let isFull = false;
  const store: Store = storeWith(
    {
      get readOnlyReason() {
        return isFull ? "the disk is full" : undefined;
      },
      get canReopen() {
        return isFull;
      },
      async reopen() {
        isFull = false;
        return true;
      },
      async append(event) {
        if (isFull) throw Object.assign(new Error("the disk is full"), { code: "ENOSPC" });
        return inner.append(event);
      },
    },
    inner,
  );
  const { coordinator } = await open(["a"], { ports: { store, clock } });
  await coordinator.pause("night");
  isFull = true;
  await expect(coordinator.resume()).rejects.toThrow(/disk is full/);
  clock.advance(5000);
  await settle();
  expect(coordinator.view.paused).toMatch(/night/); // the fault is mended, what the operator said stands
  await coordinator.resume();
  expect(coordinator.view.paused).toBeUndefined();
});

it("looks for clients that rest no more often than it can bear, whatever the settings say", () => {
  const times = { notBeforeMs: 0, lastArrivalMs: 0, gatheringSinceMs: 0 };
  const situation = { ...times, numEligible: 0, numConnected: 1, wanted: 1, quorum: 1 };
  expect(openingWait({ nowMs: 5, ...situation }, { ...DEFAULT_TIMING, declineMs: 0 })).toBe(100);
});
