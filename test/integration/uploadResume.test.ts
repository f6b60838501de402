import { afterEach, describe, expect, it } from "vitest";
import type { OpenConnection } from "../../client/core/connection.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { joinRawClient } from "../support/rawClient.ts";
import { startScriptedClient } from "../support/scriptedClient.ts";
import { startTcpProxy } from "../support/tcpProxy.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Scene {
  readonly coordinator: TestCoordinator;
  /** The round's other member answers, which closes it, and the params are looked at. */
  readonly expectOneUpdate: () => Promise<void>;
}

/** A round of two: it stays open until the other member answers. */
async function startScene(): Promise<Scene> {
  const coordinator = await startTestCoordinator({ plan: { cohort: { size: 2, quorum: 2 }, rounds: 1 } });
  const other = await joinRawClient(coordinator.url, "other");
  closers.push(coordinator.close, async () => other.close());
  return {
    coordinator,
    async expectOneUpdate() {
      await other.send(await other.update(await other.offer(), { delta: new Float32Array(10).fill(1.5) }));
      await other.next("commit");
      const accepted = [...coordinator.store.events()].filter(({ event }) => event.kind === "update-accepted");
      expect(accepted).toHaveLength(2);
      expect(coordinator.rounds()).toMatchObject([{ round: 0, accepted: 2, examples: 20 }]);
      const params = await coordinator.store.getBlob(coordinator.status().live.paramsHash as ContentHash);
      expect(f32.decode(params, 10)).toEqual(new Float32Array(10).fill(2)); // 1 + (0.5 + 1.5) / 2
    },
  };
}

interface Cut {
  readonly event: "submit" | "chunk";
  /** Which of these messages, from 0. */
  readonly index: number;
  /** "in": it never arrives; "out": its answer never does. */
  readonly way: "in" | "out";
}

/** Breaks a connection once, and notes the chunks that arrived. */
function cutting(connect: OpenConnection, cut: Cut, arrived: { offset: number; length: number }[]): OpenConnection {
  let count = 0;
  return (handlers) => {
    const inner = connect(handlers);
    const lose = (): never => {
      inner.close();
      handlers.lost("cut");
      throw new Error("cut");
    };
    return {
      close: inner.close,
      async call(event, payload) {
        if (event !== "submit" && event !== "chunk") return inner.call(event, payload);
        const isCut = event === cut.event && count++ === cut.index;
        if (isCut && cut.way === "in") lose();
        if (event === "chunk") {
          const { offset, bytes } = payload as { offset: number; bytes: Uint8Array };
          arrived.push({ offset, length: bytes.length });
        }
        const answer = await inner.call(event, payload);
        return isCut ? lose() : answer;
      },
    };
  };
}

/** 40 bytes in chunks of 7: six of them, the last one short, none aligned to 4. */
const NUM_CHUNKS = 6;
const cuts: readonly Cut[] = (["in", "out"] as const).flatMap((way) => [
  { event: "submit" as const, index: 0, way },
  ...Array.from({ length: NUM_CHUNKS }, (_, index) => ({ event: "chunk" as const, index, way })),
]);

describe("an upload that is cut", () => {
  it.each(cuts)("at $event $index, $way, goes on from the offset reached and counts once", async (cut) => {
    const { coordinator, expectOneUpdate } = await startScene();
    const arrived: { offset: number; length: number }[] = [];
    const connect = cutting(socketConnection({ url: coordinator.url }), cut, arrived);
    const member = startScriptedClient({
      ...{ url: coordinator.url, name: "a", numParams: 10, delta: 0.5, ports: { connect } },
      session: { chunkBytes: 7, windowChunks: 1 },
    });
    closers.push(member.leave);
    await member.until(({ kind }) => kind === "kept");
    // Every byte arrived once: each chunk starts where the one before it ended, across the cut too, after which they are smaller.
    const ends = arrived.map(({ offset, length }) => offset + length);
    expect(arrived.map(({ offset }) => offset)).toEqual([0, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(40);
    expect(Math.max(...arrived.map(({ length }) => length))).toBeLessThanOrEqual(7);
    expect(member.events.filter(({ kind }) => kind === "reconnecting")).toHaveLength(1);
    expect(member.receipts).toHaveLength(1);
    await expectOneUpdate();
  });

  it("by a line that breaks in mid-frame, again and again, counts once", async () => {
    const seed = 11;
    const rng = createRng(seed);
    const { coordinator, expectOneUpdate } = await startScene();
    // A hello takes about 1,000 bytes, all chunks with their frames about 1,500: each connection moves it on a little.
    const proxy = await startTcpProxy(coordinator.port, () => ({ passes: 900 + rng.nextBelow(900) }));
    closers.push(proxy.close);
    const connect = socketConnection({ url: `http://127.0.0.1:${proxy.port}` });
    const member = startScriptedClient({
      ...{ url: coordinator.url, name: "a", numParams: 10, delta: 0.5, ports: { connect } },
      session: { chunkBytes: 3, windowChunks: 2 },
    });
    closers.push(member.leave);
    await member.until(({ kind }) => kind === "kept");
    expect(proxy.numConnections, `seed ${seed}`).toBeGreaterThan(2);
    expect(member.receipts).toHaveLength(1);
    await expectOneUpdate();
  });
});
