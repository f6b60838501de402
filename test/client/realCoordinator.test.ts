import { join as joinPath } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ClientEvent } from "../../client/core/clientEvent.ts";
import type { ClientPorts } from "../../client/core/clientPorts.ts";
import { type ClientRunner, runClient } from "../../client/core/clientRunner.ts";
import type { OpenConnection } from "../../client/core/connection.ts";
import { httpParams } from "../../client/core/fetchParams.ts";
import { memoryReceipts, type ReceiptStore } from "../../client/core/keptReceipt.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import { systemClock } from "../../client/core/systemClock.ts";
import type { TrainerPort } from "../../client/core/trainerPort.ts";
import { personalFolder } from "../../client/node/personalFolder.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { createNaclSigner, naclVerify } from "../../shared/crypto/naclEd25519.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import { tinyBase, tinyFedBn, tinyLora } from "../support/privateModels.ts";
import { startRealCoordinator } from "../support/safetensorsCoordinator.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { tinyModel } from "../support/testCoordinator.ts";
import { inProcessTrainer } from "./inProcessTrainer.ts";

/** Class 1 where the first number is larger than the second: learnable by the tiny model. */
const DATA: Dataset = {
  numExamples: 12,
  inputShape: [4],
  inputs: Float32Array.from({ length: 48 }, (_, i) => ((i * 7) % 11) / 11),
  targets: Int32Array.from({ length: 12 }, (_, i) => Number((i * 28) % 11 > (i * 28 + 7) % 11)),
  targetSize: 1,
};

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function join(url: string, data = DATA, trainer = inProcessTrainer(data), ports: Partial<ClientPorts> = {}) {
  const receipts = memoryReceipts();
  const events: ClientEvent[] = [];
  const waiting: { readonly is: (events: readonly ClientEvent[]) => boolean; readonly resolve: () => void }[] = [];
  const client: ClientRunner = runClient({
    ports: {
      connect: socketConnection({ url }),
      fetchParams: httpParams(url),
      trainer,
      signer: createNaclSigner(new Uint8Array(32).fill(1)),
      verify: naclVerify,
      sha256: nobleSha256,
      receipts,
      clock: systemClock,
      random: () => 0.1,
      ...ports,
    },
    numExamples: data.numExamples,
    software: "test",
    onEvent(event) {
      events.push(event);
      for (const { is, resolve } of waiting) if (is(events)) resolve();
    },
  });
  closers.push(() => {
    client.leave();
    return client.done;
  });
  const until = (is: (events: readonly ClientEvent[]) => boolean): Promise<void> =>
    new Promise((resolve) => waiting.push({ is, resolve }));
  return { client, events, receipts, until };
}

const countOf = (events: readonly ClientEvent[], kind: ClientEvent["kind"]): number =>
  events.filter((event) => event.kind === kind).length;

describe("a client and a real coordinator", () => {
  it("completes rounds, with a kept receipt for each that the signed commit names", async () => {
    const coordinator = await startRealCoordinator({ model: tinyModel() });
    closers.push(coordinator.close);
    const { events, receipts, until } = join(coordinator.url);
    await until((seen) => countOf(seen, "metrics") >= 3);
    const committed = events.flatMap((event) => (event.kind === "metrics" ? event.headerHashes : []));
    const kept = receipts.receipts.map(({ headerHash }) => headerHash);
    expect(kept.slice(0, 3)).toEqual(committed.slice(0, 3));
    const losses = events.flatMap((event) => (event.kind === "trained" ? [event.trainLoss] : []));
    expect(losses[2]).toBeLessThan(losses[0] as number); // SGD 0.1 on separable data goes down
  });

  it("trains a model with a private part from where it left off, and sends the shared part alone", async () => {
    const coordinator = await startRealCoordinator({ model: tinyFedBn() });
    closers.push(coordinator.close);
    const inner = inProcessTrainer(DATA);
    const began: (Uint8Array | undefined)[] = [];
    const ended: (Uint8Array | undefined)[] = [];
    const trainer: TrainerPort = {
      ...inner,
      async train(order) {
        began.push(order.kept);
        const update = await inner.train(order);
        expect(update.delta).toHaveLength(10);
        ended.push(update.kept);
        return update;
      },
    };
    const { until } = join(coordinator.url, DATA, trainer);
    await until((seen) => countOf(seen, "metrics") >= 3);
    expect(began[0]).toBeUndefined();
    expect(began.slice(1, 3)).toEqual(ended.slice(0, 2));
    expect(ended[0]).toBeDefined();
    expect(ended[1]).not.toEqual(ended[0]);
  });

  it("follows SCAFFOLD over a restart of the client, whose own control variate never travels", async () => {
    const strategy = { kind: "scaffold", population: 10 } as const;
    const coordinator = await startRealCoordinator({ model: tinyFedBn(), plan: { strategy } });
    closers.push(coordinator.close);
    const folder = joinPath(temporaryFolder(), "private");
    const sent: Buffer[] = [];
    const connect: OpenConnection = (handlers) => {
      const connection = socketConnection({ url: coordinator.url })(handlers);
      const call: typeof connection.call = (event, payload) => {
        for (const value of Object.values(payload)) if (value instanceof Uint8Array) sent.push(Buffer.from(value));
        return connection.call(event, payload);
      };
      return { ...connection, call };
    };
    const began: (Uint8Array | undefined)[] = [];
    const ended: Uint8Array[] = [];
    const takePart = (receipts: ReceiptStore, done: (events: readonly ClientEvent[]) => boolean) => {
      const inner = inProcessTrainer(DATA);
      const train: TrainerPort["train"] = async (order) => {
        began.push(order.kept);
        const update = await inner.train(order);
        ended.push(update.kept as Uint8Array);
        return update;
      };
      const ports = { connect, receipts, personal: personalFolder(folder) };
      const { client, until } = join(coordinator.url, DATA, { ...inner, train }, ports);
      return until(done).then(() => {
        client.leave();
        return client.done;
      });
    };
    const receipts = memoryReceipts();
    await takePart(receipts, (seen) => countOf(seen, "kept") >= 2);
    const numBefore = began.length;
    await takePart(receipts, (seen) => countOf(seen, "kept") >= 1);
    // What the last receipt is for; a round begun and left without one does not count.
    const counted = new Set(ended.slice(0, numBefore).map((bytes) => Buffer.from(bytes).toString("hex")));
    expect(began[0]).toBeUndefined();
    expect(counted.has(Buffer.from(began[numBefore] as Uint8Array).toString("hex"))).toBe(true);
    const wire = Buffer.concat(sent);
    expect(wire.length).toBeGreaterThan(4 * 2 * 10 * 3); // delta and control of three updates
    // From the second round on, the client's control variate is not its change, which does travel.
    const [, second] = ended as [Uint8Array, Uint8Array];
    for (const [name, { values }] of parseSafetensors(second, { maxBytes: 10_000 })) {
      const bytes = Buffer.from(Float32Array.from(values).buffer);
      const isTelling = new Set(values).size > 2;
      if (isTelling) expect(wire.includes(bytes.subarray(0, 12)), name).toBe(false);
    }
  });

  it.each<StrategyPlan>([
    { kind: "fedadam", learningRate: 0.1, client: { kind: "ditto", lambda: 1 } },
    { kind: "fedavg", client: { kind: "fedrep", headEpochs: 1 } },
    { kind: "fedavgm", momentum: 0.5, client: { kind: "fedprox", mu: 0.1 } },
    { kind: "fedsgd" },
    { kind: "fednova" },
    { kind: "feddyn", alpha: 0.1, population: 10 },
    { kind: "qfedavg", q: 1 },
    { kind: "ifca", clusters: 2 },
    { kind: "fedbuff", concurrency: 1 },
  ])("follows $kind, and tells how good its model is on rows that it holds out", async (strategy) => {
    const evaluation = { heldOutFraction: 0.25, metrics: ["accuracy"] };
    const local = strategy.kind === "fedsgd" ? { batchSize: LIMITS.maxBatchSize } : {};
    const coordinator = await startRealCoordinator({ model: tinyFedBn(), plan: { strategy, evaluation, local } });
    closers.push(coordinator.close);
    const { events, until } = join(coordinator.url);
    await until((seen) => countOf(seen, "kept") >= 2 || countOf(seen, "declined") > 0);
    expect(events.filter(({ kind }) => kind === "declined" || kind === "warning")).toEqual([]);
  });

  it("goes on with the next coordinator of the same run, on the same address", async () => {
    const store = createMemoryStore();
    const first = await startRealCoordinator({ model: tinyModel(), store });
    const { events, until } = join(first.url);
    await until((seen) => countOf(seen, "kept") >= 1);
    await first.close();
    await until((seen) => countOf(seen, "reconnecting") >= 1);
    const keptBefore = countOf(events, "kept");
    const second = await startRealCoordinator({ model: tinyModel(), store, port: first.port });
    closers.push(second.close);
    await until((seen) => countOf(seen, "kept") > keptBefore);
    expect(countOf(events, "refused")).toBe(0);
  });

  it("refuses, in words, a run of adapters without their base, and takes part with it", async () => {
    const coordinator = await startRealCoordinator({ model: tinyLora() });
    closers.push(coordinator.close);
    expect(await join(coordinator.url).client.done).toMatchObject({
      reason: "refused",
      code: "SHAPE_MISMATCH",
      message: expect.stringContaining(
        "give this client the base's checkpoint (join: --base FILE, SDK: the option base)",
      ),
    });
    const { until } = join(coordinator.url, DATA, inProcessTrainer(DATA, tinyBase()));
    await until((seen) => countOf(seen, "kept") >= 2);
  });

  it("refuses, in words, a run that its data does not fit", async () => {
    const coordinator = await startRealCoordinator({ model: tinyModel() });
    closers.push(coordinator.close);
    const narrow: Dataset = { ...DATA, inputShape: [2], inputs: DATA.inputs.slice(0, 24) };
    const { client } = join(coordinator.url, narrow);
    expect(await client.done).toMatchObject({
      reason: "refused",
      code: "SHAPE_MISMATCH",
      message:
        'the model "tiny" expected examples of 4 numbers (4), got 2; give it data with 4 inputs a row, beside the label',
    });
  });
});
