import { afterEach, describe, expect, it } from "vitest";
import { socketConnection } from "../../client/core/socketConnection.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { joinRawClient } from "../support/rawClient.ts";
import { type ScriptedClient, startScriptedClient } from "../support/scriptedClient.ts";
import { type Line, startTcpProxy } from "../support/tcpProxy.ts";
import { startTestCoordinator, type TestCoordinator, type TestCoordinatorOptions } from "../support/testCoordinator.ts";
import { createVirtualClock } from "../support/virtualClock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** How long a client waits for an answer before it takes a line for dead; a sound one answers sooner. */
const PATIENCE_MS = 600;
/** Bytes that a client has sent when it says who it is, and with a part of its update out, of about 3,400 in all. */
const IN_THE_HELLO = 300;
const IN_THE_UPLOAD = 2200;

async function start(options: TestCoordinatorOptions): Promise<TestCoordinator> {
  const coordinator = await startTestCoordinator(options);
  closers.push(coordinator.close);
  return coordinator;
}

/** A Node client that reaches the coordinator over such lines alone, params included. */
async function joinOver(
  coordinator: TestCoordinator,
  lineOf: (connection: number) => Line,
  timeoutMs: number,
): Promise<ScriptedClient> {
  const proxy = await startTcpProxy(coordinator.port, lineOf);
  const url = `http://127.0.0.1:${proxy.port}`;
  const member = startScriptedClient({
    ...{ url, name: "a", numParams: 10, delta: 0.5, paramsOver: "socket" },
    ports: { connect: socketConnection({ url, timeoutMs }) },
    session: { chunkBytes: 3, windowChunks: 2, handshakeTimeoutMs: timeoutMs },
  });
  closers.push(proxy.close, member.leave);
  return member;
}

const valuesOf = async ({ store, status }: TestCoordinator): Promise<Float32Array> =>
  f32.decode(await store.getBlob(status().live.paramsHash as ContentHash), 10);

/** With the order in which the client tells of what happens to it. */
const faults: readonly { name: string; lineOf: (connection: number) => Line; story: RegExp }[] = [
  {
    name: "everything 30 ms late, either way",
    lineOf: () => ({ delayMs: 30 }),
    story: /joined .*uploaded .*kept/,
  },
  {
    name: "reset in the hello, then in the upload",
    lineOf: (i) => (i < 2 ? { passes: i === 0 ? IN_THE_HELLO : IN_THE_UPLOAD, fails: "reset" } : {}),
    story: /^reconnecting .*joined .*uploaded .*reconnecting .*joined .*kept/,
  },
  {
    name: "a black hole that accepts and passes nothing on",
    lineOf: (i) => (i === 0 ? { passes: 0, fails: "silence" } : {}),
    story: /^reconnecting .*joined .*kept/,
  },
  {
    name: "half open: silent in the upload, and the coordinator never hears that the client gave it up",
    lineOf: (i) => (i === 0 ? { passes: IN_THE_UPLOAD, fails: "silence" } : {}),
    story: /joined .*uploaded .*reconnecting .*joined .*kept/,
  },
];

describe("a client over a bad line", () => {
  it.each(faults)("gets its update counted once: $name", async ({ lineOf, story }) => {
    const coordinator = await start({ plan: { cohort: { size: 2, quorum: 2 }, rounds: 1 } });
    const other = await joinRawClient(coordinator.url, "other");
    closers.push(async () => other.close());
    const member = await joinOver(coordinator, lineOf, PATIENCE_MS);
    await member.until(({ kind }) => kind === "kept");
    expect(member.receipts).toHaveLength(1);
    expect(member.events.map(({ kind }) => kind).join(" ")).toMatch(story);

    await other.send(await other.update(await other.offer(), { delta: new Float32Array(10).fill(1.5) }));
    await other.next("commit");
    expect(coordinator.rounds()).toMatchObject([{ round: 0, cohort: 2, accepted: 2, examples: 20 }]);
    expect(await valuesOf(coordinator)).toEqual(new Float32Array(10).fill(2)); // 1 + (0.5 + 1.5) / 2
  });

  it("that falls silent for good is not counted, and holds the round of the others up to its deadline alone", async () => {
    const clock = createVirtualClock();
    const plan = { cohort: { size: 2, quorum: 1 }, rounds: 1, deadlineMs: 60_000 };
    const coordinator = await start({ clock, plan, timing: { gatherMs: 1000 } });
    const other = await joinRawClient(coordinator.url, "other");
    closers.push(async () => other.close());
    // It waits for longer than the test takes, as one does whose machine was unplugged.
    const member = await joinOver(coordinator, () => ({ passes: IN_THE_UPLOAD, fails: "silence" }), 20_000);
    await member.until(({ kind }) => kind === "uploaded");
    await other.send(await other.update(await other.offer(), { delta: new Float32Array(10).fill(1.5) }));
    clock.advance(plan.deadlineMs - 1);
    expect(coordinator.status().live).toMatchObject({ version: 0, phase: "collecting" });
    clock.advance(1);
    await other.next("commit");
    expect(member.receipts).toHaveLength(0);
    expect(coordinator.rounds()).toMatchObject([{ round: 0, cohort: 2, accepted: 1, examples: 10 }]);
    expect(await valuesOf(coordinator)).toEqual(new Float32Array(10).fill(2.5)); // 1 + 1.5
  });
});
