import { afterEach, describe, expect, it } from "vitest";
import type { PlanOptions } from "../../server/openRun.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import { parseManifest } from "../../shared/protocol/manifest.ts";
import { joinRawClient, type RawClient, ticketOf } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

let coordinator: TestCoordinator | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await coordinator?.close();
  coordinator = undefined;
});

/** 10 params, all 1 at the start. */
const filled = (value: number): Float32Array => new Float32Array(10).fill(value);

async function start(plan: Partial<PlanOptions>, store = createMemoryStore()): Promise<TestCoordinator> {
  coordinator = await startTestCoordinator({ plan, store, timing: { retryMs: 1, gatherMs: 5000 } });
  return coordinator;
}

async function join(...names: string[]): Promise<RawClient[]> {
  const joined = await Promise.all(names.map((name) => joinRawClient((coordinator as TestCoordinator).url, name)));
  clients.push(...joined);
  return joined;
}

async function fetchVector(hash: string): Promise<Float32Array> {
  const response = await fetch(`${coordinator?.url}/api/params/${hash}`);
  if (!response.ok) throw new Error(`${hash}: ${await response.text()}`);
  return f32.decode(new Uint8Array(await response.arrayBuffer()), 10);
}

const nextParams = async (client: RawClient): Promise<Float32Array> =>
  fetchVector(parseCommit(await client.next("commit")).paramsHash);

describe("SCAFFOLD over the wire", () => {
  const plan = { cohort: { size: 2, quorum: 2 }, strategy: { kind: "scaffold", population: 4 } } as const;

  it("hands out c, takes control changes and keeps c over a restart", async () => {
    const store = createMemoryStore();
    await start(plan, store);
    const [a, b] = (await join("a", "b")) as [RawClient, RawClient];
    const offers = await Promise.all([a.offer(), b.offer()]);
    const handed = parseManifest(offers[0].manifest).parts;
    expect(handed.map(({ name }) => name)).toEqual(["params", "control"]);
    expect(await fetchVector(handed[1]?.hash as string)).toEqual(filled(0));
    const parts = new Map([["control", filled(2)]]);
    await a.send(await a.update(offers[0], { delta: filled(1), parts }));
    await b.send(await b.update(offers[1], { delta: filled(3), parts: new Map([["control", filled(4)]]) }));
    // x + mean(1, 3); c + |S| / N · mean(2, 4) = 2 / 4 · 3
    expect(await nextParams(a)).toEqual(filled(3));
    const after = parseManifest((await a.offer()).manifest).parts[1]?.hash as string;
    expect(await fetchVector(after)).toEqual(filled(1.5));

    const events = [...store.events()].map(({ event }) => event);
    for (const client of clients.splice(0)) client.close();
    await coordinator?.close();
    const again = createMemoryStore();
    for (const { event } of store.events()) {
      for (const hash of JSON.stringify(event).match(/sha256-[0-9a-f]{64}/g) ?? []) {
        if (await store.hasBlob(hash as never)) await again.putBlob(await store.getBlob(hash as never));
      }
      await again.append(event);
    }
    expect(events.filter(({ kind }) => kind === "round-committed")).toHaveLength(1);
    await start(plan, again);
    const [c] = (await join("a", "b")) as [RawClient, RawClient];
    const resumed = parseManifest((await c.offer()).manifest).parts[1]?.hash as string;
    expect(await fetchVector(resumed)).toEqual(filled(1.5));
  });

  it("refuses an update without its part, and one beyond the bound of its part", async () => {
    await start({ ...plan, strategy: { ...plan.strategy, maxAbsControl: 5 } });
    const [a] = (await join("a", "b")) as [RawClient, RawClient];
    const offer = await a.offer();
    await expect(a.update(offer)).rejects.toThrow(/"parts" expected 1 for scaffold, got 0/);
    const beyond = await a.update(offer, { parts: new Map([["control", filled(6)]]) });
    expect(await a.send(beyond)).toMatchObject({ ok: false, code: "BOUND_EXCEEDED" });
  });
});

describe("an asynchronous run", () => {
  const plan = {
    cohort: { size: 2, quorum: 2 },
    strategy: { kind: "fedbuff", concurrency: 3 },
    maxStaleness: 1,
  } as const;

  it("commits when its buffer is full and goes on with those who still work, weighted by staleness", async () => {
    await start(plan);
    const [a, b, c] = (await join("a", "b", "c")) as [RawClient, RawClient, RawClient];
    const [offerA, offerB, offerC] = await Promise.all([a.offer(), b.offer(), c.offer()]);
    await a.send(await a.update(offerA, { delta: filled(1) }));
    await b.send(await b.update(offerB, { delta: filled(3) }));
    expect(await nextParams(a)).toEqual(filled(3)); // 1 + (1 + 3) / 2
    const fresh = await a.offer();
    expect(fresh.round).toBe(1);
    // c answers the offer of round 0 in round 1: one commit behind, so its delta counts 1 / sqrt(1 + 1).
    expect(await c.send(await c.update(offerC, { delta: filled(2) }))).toMatchObject({ ok: true, receipt: {} });
    await a.send(await a.update(fresh, { delta: filled(1) }));
    await a.next("commit");
    const [got] = await nextParamsOf(c);
    expect(got).toBeCloseTo(3 + (2 / Math.SQRT2 + 1) / 2, 6);
    const open = [...(coordinator as TestCoordinator).store.events()].flatMap(({ event }) =>
      event.kind === "round-opened" ? [event] : [],
    );
    expect(open[1]?.members.find(({ clientId }) => clientId === c.clientId)?.base?.round).toBe(0);
  });

  it("lets go of who is too far behind, and tells so", async () => {
    await start(plan);
    const [a, b, c] = (await join("a", "b", "c")) as [RawClient, RawClient, RawClient];
    const stale = await c.offer();
    for (let round = 0; round < 2; round++) {
      const offers = await Promise.all([a.offer(), b.offer()]);
      await a.send(await a.update(offers[0]));
      await b.send(await b.update(offers[1]));
      await a.next("commit");
    }
    expect((await c.offer()).round).toBe(2); // asked anew
    expect(await c.send(await c.update(stale))).toMatchObject({ ok: false, code: "ROUND_CLOSED" });
  });

  it("asks an update that is complete while a commit is made to come again, and counts it in the next", async () => {
    const store = createMemoryStore();
    let goOn = (): void => {};
    const commit = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let seal = (): void => {};
    const sealed = new Promise<void>((resolve) => {
      seal = resolve;
    });
    const append: typeof store.append = async (event) => {
      if (event.kind === "round-sealed") seal();
      if (event.kind === "round-committed") await commit;
      return store.append(event);
    };
    await start(plan, { ...store, append });
    const [a, b, c] = (await join("a", "b", "c")) as [RawClient, RawClient, RawClient];
    const late = await c.update(await c.offer());
    expect(await c.emit("submit", late.submit)).toEqual({ ok: true, offset: 0 });
    for (const client of [a, b]) await client.send(await client.update(await client.offer()));
    await sealed;
    const chunk = { ticket: ticketOf(late.submit.header), offset: 0, bytes: late.payload };
    expect(await c.emit("chunk", chunk)).toMatchObject({ ok: false, code: "UNAVAILABLE", retryAfterMs: 250 });
    goOn();
    await a.next("commit");
    await a.offer();
    expect(await c.send(late)).toMatchObject({ ok: true, receipt: {} });
  });

  it("lets go of who does not answer by the deadline of the offer, so that nobody holds a place for ever", async () => {
    const strategy = { kind: "fedbuff", concurrency: 1 } as const;
    await start({ ...plan, cohort: { size: 1, quorum: 1 }, strategy, deadlineMs: 50 });
    const [silent] = (await join("a")) as [RawClient];
    const first = await silent.offer();
    const again = await silent.offer(); // as good as any other now, and asked anew
    expect(again.attempt).toBe(1);
    expect(again.ticket).not.toEqual(first.ticket);
  });

  async function nextParamsOf(client: RawClient): Promise<Float32Array> {
    await client.next("commit");
    return nextParams(client);
  }
});

describe("a run with an objective", () => {
  it("is finished once its target is reached", async () => {
    await start({
      cohort: { size: 1, quorum: 1 },
      evaluation: { heldOutFraction: 0.2 },
      objective: { metric: "clientTestAccuracy", goal: "max", target: 0.9 },
    });
    const [a] = (await join("a")) as [RawClient];
    const judged = (evalCorrect: number) => ({ trainLoss: 1, evalExamples: 10, evalLoss: 0.5, evalCorrect });
    await a.send(await a.update(await a.offer(), { metrics: judged(5) }));
    expect(parseCommit(await a.next("commit")).metrics).toMatchObject({
      clientTestAccuracy: 0.5,
      clientTestLoss: 0.5,
      testedClients: 1,
    });
    await a.send(await a.update(await a.offer(), { metrics: judged(9) }));
    await a.next("commit");
    const events = (coordinator as TestCoordinator).store.events();
    expect([...events].at(-1)?.event).toMatchObject({
      kind: "run-stopped",
      reason: "clientTestAccuracy is 0.9 after 2 rounds: the target of 0.9 is reached",
    });
  });
});
