import { afterEach, describe, expect, it } from "vitest";
import { httpParams } from "../../client/core/fetchParams.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { connectRawClient, joinRawClient } from "../support/rawClient.ts";
import { type ScriptedClientOptions, startScriptedClient } from "../support/scriptedClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

/** 100 x 1,000 weights and 1,000 biases: 404,000 bytes, four chunks. */
const MODEL = defineModel({
  ...{ name: "wide", input: { shape: [100] }, layers: [linear(100, 1000)], loss: "softmaxCrossEntropy" },
});
const NUM_PARAMS = 101_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(): Promise<TestCoordinator> {
  const coordinator = await startTestCoordinator({ model: MODEL, plan: { cohort: { size: 1, quorum: 1 } } });
  closers.push(coordinator.close);
  return coordinator;
}

function join(url: string, options: Partial<ScriptedClientOptions>) {
  const member = startScriptedClient({ url, name: "a", numParams: NUM_PARAMS, delta: 0.001, ...options });
  closers.push(member.leave);
  return member;
}

describe("where HTTP does not get through", () => {
  it("a client takes part over its socket alone", async () => {
    const coordinator = await start();
    let asked = 0;
    const blocked = httpParams(coordinator.url, async () => {
      asked++;
      return new Response("<h1>Blocked by your administrator</h1>", { status: 200 });
    });
    const member = join(coordinator.url, { ports: { fetchParams: blocked } });
    await member.until((event) => event.kind === "receipt" && event.receipts === 3);
    expect(asked).toBe(1); // the first round found out
    expect(member.events.filter(({ kind }) => kind === "retrying")).toEqual([]);
  });

  it("a client told to use the socket never asks over HTTP", async () => {
    const coordinator = await start();
    const fetchParams = (): never => {
      throw new Error("asked over HTTP");
    };
    const member = join(coordinator.url, { paramsOver: "socket", ports: { fetchParams } });
    await member.until(({ kind }) => kind === "receipt");
  });

  it("a download that is cut at each of its chunks goes on where it was, over the next connections", async () => {
    const coordinator = await start();
    const offsets: number[] = [];
    const direct = socketConnection({ url: coordinator.url });
    const member = join(coordinator.url, {
      paramsOver: "socket",
      ports: {
        connect(handlers) {
          const inner = direct(handlers);
          return {
            close: inner.close,
            async call(event, payload) {
              if (event !== "params") return inner.call(event, payload);
              const { offset } = payload as { offset: number };
              const isFirst = !offsets.includes(offset);
              offsets.push(offset);
              if (!isFirst) return inner.call(event, payload);
              inner.close();
              handlers.lost("cut");
              throw new Error("cut");
            },
          };
        },
      },
    });
    await member.until(({ kind }) => kind === "training");
    // Each chunk is asked for once in vain: what had come before a cut is not asked for again.
    const chunk = LIMITS.maxChunkBytes;
    expect(offsets.filter((offset) => offset === 0)).toHaveLength(2);
    expect(new Set(offsets)).toEqual(new Set([0, chunk, 2 * chunk, 3 * chunk]));
    expect(member.events.filter(({ kind }) => kind === "reconnecting").length).toBeGreaterThan(1);
  });
});

describe("a request for params", () => {
  it("is answered to members only, for published params only", async () => {
    const coordinator = await start();
    const { paramsHash } = coordinator.status().live;
    const stranger = await connectRawClient(coordinator.url, "stranger");
    expect(await stranger.emit("params", { hash: paramsHash, offset: 0 })).toMatchObject({ code: "UNAUTHENTICATED" });
    stranger.close();

    const member = await joinRawClient(coordinator.url, "member");
    closers.push(member.close);
    const offer = await member.offer();
    const update = await member.update(offer, { delta: new Float32Array(NUM_PARAMS).fill(0.25) });
    await member.send(update);
    await member.next("commit");
    const stored = [...coordinator.store.events()].flatMap(({ event }) =>
      event.kind === "update-accepted" ? [event.payloadHash] : [],
    );
    expect(stored).toHaveLength(1);
    for (const hash of [...stored, `sha256-${"0".repeat(64)}`]) {
      expect(await member.emit("params", { hash, offset: 0 })).toMatchObject({ code: "UNKNOWN_PARAMS" });
    }
    expect(await member.emit("params", { hash: paramsHash, offset: 4 * NUM_PARAMS })).toMatchObject({
      code: "MALFORMED",
    });
    expect(await member.emit("params", { hash: "../../etc/passwd", offset: 0 })).toMatchObject({ code: "MALFORMED" });
    expect(await member.emit("params", { hash: paramsHash, offset: 400_000 })).toMatchObject({
      ok: true,
      totalBytes: 404_000,
      bytes: expect.objectContaining({ length: 4000 }),
    });
  });

  it("is refused to a client that does not read, with no more than a few chunks waiting for it", async () => {
    const coordinator = await start();
    const { paramsHash } = coordinator.status().live;
    const member = await joinRawClient(coordinator.url, "deaf");
    closers.push(member.close);
    // Asked for in one breath, faster than anything can be read.
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => member.emit("params", { hash: paramsHash, offset: 0 })),
    );
    const refused = answers.filter(({ ok }) => !ok);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(LIMITS.maxParamsInFlight);
    for (const answer of refused) expect(answer).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 500 });
  });
});
