import { describe, expect, it } from "vitest";
import { createLogger } from "../../../server/logger.ts";
import type { HostedRun } from "../../../server/runs/hostedRun.ts";
import { createRunDirectory } from "../../../server/runs/runDirectory.ts";
import { createRunOperator } from "../../../server/runs/runOperator.ts";
import type { NewRun, RunShelf } from "../../../server/runs/runShelf.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { modelHash } from "../../../shared/models/modelHash.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { defineRunPlan, type RunPlanOptions } from "../../../shared/protocol/runPlan.ts";
import { settle } from "../../support/settle.ts";

const model = defineModel({
  name: "wide",
  input: { shape: [784] },
  layers: [linear(784, 2)],
  loss: "softmaxCrossEntropy",
});
const logger = createLogger("silent");
const onTestSet = { metric: "testLoss", goal: "min" } as const;

/** An operator whose default run is this one; forks are noted, and go no further. */
function operatorOf(judged: Pick<HostedRun, "settings" | "hasTestSet">, plan: Partial<RunPlanOptions> = {}) {
  const made: NewRun[] = [];
  const hosted = {
    ...judged,
    model,
    run: {
      plan: defineRunPlan({
        runId: "0".repeat(32),
        name: "first",
        modelHash: modelHash(model.document, nodeSha256),
        ...plan,
      }),
    },
    rounds: () => [],
    coordinator: { start() {}, view: { summaries: { best: undefined }, paramsHash: "hash" } },
    params: async () => new Uint8Array(1),
  } as unknown as HostedRun;
  const shelf = { create: async (run: NewRun) => void made.push(run) } as unknown as RunShelf;
  const { fork } = createRunOperator({ runs: createRunDirectory(hosted), shelf, host: async () => hosted, logger });
  return { made, fork: (changes = {}) => fork("first", { name: "forked", changes }) };
}

describe("a fork", () => {
  it("is judged on what the run that it came from is judged on, unless it is to differ", async () => {
    const { made, fork } = operatorOf({ settings: { minRoundMs: 0, testSource: "mnist" }, hasTestSet: true });
    for (const changes of [{}, { rounds: 3 }, { data: null }]) await fork(changes);
    expect(made.map(({ settings }) => settings.testSource)).toEqual(["mnist", "mnist", undefined]);
  });

  it("of a run judged on a file is refused until it is said that the fork is not", async () => {
    const { made, fork } = operatorOf({ settings: { minRoundMs: 0 }, hasTestSet: true });
    await expect(fork({ rounds: 3 })).rejects.toThrow(/run first is judged on a test set of its own.*--set data=null/);
    expect(made).toEqual([]);
    await fork({ data: null });
    await fork({ data: { source: "mnist" } });
    expect(made.map(({ settings }) => settings.testSource)).toEqual([undefined, "mnist"]);
  });

  it("of a run that nobody judges needs no word about it", async () => {
    const { made, fork } = operatorOf({ settings: { minRoundMs: 0 }, hasTestSet: false });
    await fork();
    expect(made).toHaveLength(1);
  });

  it("keeps an objective on the test set only with the test set", async () => {
    const mnist = operatorOf(
      { settings: { minRoundMs: 0, testSource: "mnist" }, hasTestSet: true },
      { objective: onTestSet },
    );
    await mnist.fork();
    expect(mnist.made[0]?.plan.objective).toEqual(onTestSet);
    await expect(mnist.fork({ data: null })).rejects.toThrow("there is no test set");
    const ofFile = operatorOf({ settings: { minRoundMs: 0 }, hasTestSet: true }, { objective: onTestSet });
    await expect(ofFile.fork({ data: null })).rejects.toThrow("there is no test set");
    await ofFile.fork({ data: null, objective: null });
    expect(ofFile.made[0]?.plan).not.toHaveProperty("objective");
  });
});

/** An operator beside whose default run there is a stopped one, "second"; what a deletion of that does is noted. */
function besideStopped() {
  const steps: string[] = [];
  const hostedAs = (runId: string, name: string) =>
    ({
      run: { plan: { runId, name } },
      status: () => ({ live: { phase: "stopped" } }),
      disconnectAll() {},
      drain: async () => void steps.push("drain"),
    }) as unknown as HostedRun;
  const runs = createRunDirectory(hostedAs("0".repeat(32), "first"));
  runs.add(hostedAs("1".repeat(32), "second"));
  let isRemoved = (): void => {};
  const removed = new Promise<void>((resolve) => {
    isRemoved = resolve;
  });
  const shelf = { remove: () => removed.then(() => void steps.push("remove")) } as unknown as RunShelf;
  const { close, ...operator } = createRunOperator({ runs, shelf, host: async () => runs.default, logger });
  return { steps, isRemoved, close, remove: () => operator.delete("second", "second") };
}

it("a run that two delete at once is deleted once, and the other is told that there is none", async () => {
  const { steps, isRemoved, remove } = besideStopped();
  isRemoved();
  const [done, late] = await Promise.allSettled([remove(), remove()]);
  expect(done).toMatchObject({ status: "fulfilled" });
  expect(late).toMatchObject({ status: "rejected", reason: { code: "NOT_FOUND" } });
  expect(steps).toEqual(["drain", "remove"]);
});

it("a run that is being deleted when the process is to end is waited for", async () => {
  const { steps, isRemoved, close, remove } = besideStopped();
  const deletion = remove();
  const closed = close().then(() => steps.push("closed"));
  await settle();
  isRemoved();
  await Promise.all([deletion, closed]);
  expect(steps).toEqual(["drain", "remove", "closed"]);
});

it("a run that has a fault stays paused when it is resumed, and whoever resumes it is told why", async () => {
  const coordinator = { resume: async () => {}, view: { pauseReason: "a write to the disk failed" } };
  const hosted = {
    coordinator,
    run: { plan: { runId: "0", name: "first" } },
    status: () => ({ live: { phase: "idle" } }),
  };
  const runs = createRunDirectory(hosted as unknown as HostedRun);
  const operator = createRunOperator({ runs, shelf: undefined, host: async () => runs.default, logger });
  await expect(operator.act("first", "resume")).rejects.toMatchObject({
    code: "CONFLICT",
    message: "run first stays paused: a write to the disk failed",
  });
});

it("a run that cannot be put in place is refused for that reason, also where it cannot be deleted", async () => {
  const { runs, shelf } = {
    runs: createRunDirectory({ run: { plan: { runId: "0", name: "first" } } } as HostedRun),
    shelf: {
      create: async () => ({ run: { plan: { runId: "1".repeat(32) } } }),
      remove: () => Promise.reject(new Error("EROFS: read-only file system")),
    } as unknown as RunShelf,
  };
  const operator = createRunOperator({
    ...{ runs, shelf, logger },
    host: () => Promise.reject(new RangeError("Krum expected more clients")),
  });
  await expect(operator.create({ document: { name: "a", model: model.document } })).rejects.toMatchObject({
    code: "MALFORMED",
    message: "Krum expected more clients",
  });
});
