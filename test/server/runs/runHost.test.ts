import { expect, it } from "vitest";
import { createNodeSigner, nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { createLogger } from "../../../server/logger.ts";
import { createRun, type FoundRun, findRun, type PlanOptions } from "../../../server/openRun.ts";
import { paramsFormatOf } from "../../../server/runs/paramsFormatOf.ts";
import { createRunHost, type RunHostOptions } from "../../../server/runs/runHost.ts";
import type { RunShelf, ShelvedRun } from "../../../server/runs/runShelf.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { seedOf } from "../../support/rawClient.ts";
import { settle } from "../../support/settle.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const signer = createNodeSigner(seedOf("coordinator"));
const crypto = { random: webRandom, sha256: nodeSha256 };
const settings = { minRoundMs: 0 };

async function shelve(plan: PlanOptions, model: Model, more: object = {}): Promise<ShelvedRun> {
  const store = createMemoryStore();
  await createRun({ ...crypto, coordinatorKey: signer.publicKey, paramsFormatOf, store, plan, model, ...more });
  return { ...(findRun(store, nodeSha256) as FoundRun), store };
}

/** The runs of a process whose further runs are kept in memory, on a clock that stands still. */
async function startHost(shelf: Partial<RunShelf> = {}, more: Partial<RunHostOptions> = {}) {
  const clock = createVirtualClock();
  const { run, model, store } = await shelve({ name: "first" }, tinyModel());
  const broadcaster = { broadcast() {} };
  const host = await createRunHost({
    first: {
      ...{ run, model, settings },
      ports: {
        ...{ ...crypto, store, clock, signer, verify: nodeVerify, wallClockMs: () => 0 },
        logger: createLogger("silent"),
        paramsFormat: paramsFormatOf(model),
      },
    },
    shelf: {
      open: async () => [],
      create: ({ plan, model, ...rest }) => shelve(plan, model, rest),
      remove: async () => {},
      ...shelf,
    },
    broadcasterOf: () => broadcaster,
    ...more,
  });
  return { ...host, clock };
}

it("reads what runs on MNIST are judged on once for all of them, and again after it could not be read", async () => {
  const { document } = defineModel({
    ...{ name: "wide", input: { shape: [784] }, layers: [linear(784, 2)], loss: "softmaxCrossEntropy" },
  });
  const test = {
    numExamples: 1,
    inputShape: [784],
    inputs: new Float32Array(784),
    targets: Uint8Array.of(0),
    targetSize: 1,
  };
  const data = { test, sample: { name: "MNIST", numShards: 0, shard: () => undefined } };
  const answers = [new Error("EMFILE: too many open files"), data];
  const loadData = async () => {
    const answer = answers.shift() ?? expect.fail("read once more");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const { operator, close } = await startHost({}, { loadData });
  const make = (name: string) => operator.create({ document: { name, model: document, data: { source: "mnist" } } });
  await expect(make("a")).rejects.toThrow("EMFILE");
  expect(await make("b")).toMatchObject({ hasTestSet: true });
  expect(await make("c")).toMatchObject({ hasTestSet: true });
  await close();
});

it("a run that was being made when the process was to end is closed with the others, and none is begun after it", async () => {
  let isMade = (): void => {};
  const made = new Promise<void>((resolve) => {
    isMade = resolve;
  });
  const steps: string[] = [];
  const { operator, runs, close, clock } = await startHost({
    async create({ plan, model, ...rest }) {
      steps.push(`make ${plan.name}`);
      await made;
      const shelved = await shelve(plan, model, rest);
      return { ...shelved, store: { ...shelved.store, close: async () => void steps.push("close its store") } };
    },
  });
  const make = (name: string) => operator.create({ document: { name, model: tinyModel().document }, start: true });
  const late = expect(make("late")).rejects.toMatchObject({
    code: "CONFLICT",
    message: expect.stringMatching(/was made/),
  });
  await settle();
  const closed = close().then(() => steps.push("closed"));
  const later = expect(make("later")).rejects.toMatchObject({
    code: "CONFLICT",
    message: expect.stringMatching(/stopping/),
  });
  isMade();
  await Promise.all([late, later, closed]);
  expect(steps).toEqual(["make late", "close its store", "closed"]);
  expect(runs.list()).toHaveLength(1);
  expect(clock.numScheduled).toBe(0);
});

it("ends only when every store is closed, also where one of them cannot be closed in good order", async () => {
  const steps: string[] = [];
  const { close } = await startHost({
    async open() {
      const [full, slow] = [await shelve({ name: "a" }, tinyModel()), await shelve({ name: "b" }, tinyModel())];
      const failing = () => Promise.reject(new Error("database or disk is full"));
      const closing = () => settle().then(() => void steps.push("closed"));
      return [
        { ...full, store: { ...full.store, close: failing } },
        { ...slow, store: { ...slow.store, close: closing } },
      ];
    },
  });
  await expect(close()).rejects.toThrow("disk is full");
  expect(steps).toEqual(["closed"]);
});
