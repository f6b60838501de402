import { describe, expect, it } from "vitest";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { personaliseModel } from "../../shared/models/personaliseModel.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { type StrategyPlan, strategyPlanSchema } from "../../shared/protocol/strategyPlan.ts";
import { bytesOf, runTiny, TINY_EXPERIMENT, type TinyRun, tinyModel } from "./support/tinyExperiment.ts";

type Changes = { readonly strategy: StrategyPlan } & Readonly<Record<string, unknown>>;

const wholeBatch = { local: { ...TINY_EXPERIMENT.local, epochs: 1, batchSize: LIMITS.maxBatchSize } };

/** Each kind that a plan may name, then what goes with some of them. */
const runs: readonly (readonly [string, Changes])[] = [
  ["fedavg", { strategy: { kind: "fedavg" } }],
  ["fedavgm", { strategy: { kind: "fedavgm", momentum: 0.9 } }],
  ["fedadagrad", { strategy: { kind: "fedadagrad", learningRate: 0.1 } }],
  ["fedadam", { strategy: { kind: "fedadam", learningRate: 0.1 } }],
  ["fedyogi", { strategy: { kind: "fedyogi", learningRate: 0.1 } }],
  ["fedsgd", { strategy: { kind: "fedsgd" }, ...wholeBatch }],
  ["scaffold", { strategy: { kind: "scaffold", population: 12 } }],
  ["fednova", { strategy: { kind: "fednova" } }],
  ["feddyn", { strategy: { kind: "feddyn", alpha: 0.1, population: 12 } }],
  ["qfedavg", { strategy: { kind: "qfedavg", q: 1 } }],
  ["afl", { strategy: { kind: "afl", learningRate: 0.1, population: 12 } }],
  ["ifca", { strategy: { kind: "ifca", clusters: 2 } }],
  ["fedbuff", { strategy: { kind: "fedbuff", concurrency: 7 }, cohort: { size: 3 } }],
  ["fedasync", { strategy: { kind: "fedasync", alpha: 0.5, concurrency: 5 }, cohort: { size: 1 } }],
  ["hierarchical", { strategy: { kind: "hierarchical", edges: 2, edgeRounds: 2 } }],
  ["fedprox", { strategy: { kind: "fedavg", client: { kind: "fedprox", mu: 0.1 } } }],
  ["ditto", { strategy: { kind: "fedavgm", momentum: 0.5, client: { kind: "ditto", lambda: 0.1 } } }],
  ["moon", { strategy: { kind: "fedavg", client: { kind: "moon", mu: 1, temperature: 0.5 } } }],
  ["a robust rule", { strategy: { kind: "fedavg" }, aggregation: { kind: "median" } }],
  ["partial stragglers", { strategy: { kind: "fednova" }, stragglers: { fraction: 0.6, work: "partial" } }],
];

/** Over-selected, so that some trainings are for nothing; held-out rows show what each client would predict with. */
const SETTING = {
  partition: { kind: "dirichlet", clients: 12, alpha: 1, minExamples: 4, testFraction: 0.25 },
  cohort: { size: 5, overSelection: 1.4 },
  rounds: 3,
  evaluateEvery: 3,
};

const inThisThread = new Map<string, Promise<TinyRun>>();

/** A run in the calling thread, made once. */
function inline(name: string, changes: Changes): Promise<TinyRun> {
  const run = inThisThread.get(name) ?? runTiny({ ...SETTING, ...changes });
  inThisThread.set(name, run);
  return run;
}

it("covers every strategy that a plan may name", () => {
  const kinds = strategyPlanSchema.options.map(({ entries }) => entries.kind.literal);
  expect(new Set(runs.map(([, { strategy }]) => strategy.kind))).toEqual(new Set(kinds));
});

describe("a simulation of every strategy", () => {
  it.each(runs)("%s gives the same bytes in one thread and on two", async (name, changes) => {
    const threads = await runTiny({ ...SETTING, ...changes }, { workers: 2 });
    expect(bytesOf(threads)).toEqual(bytesOf(await inline(name, changes)));
  });

  it("fedrep, whose model has a private head, gives the same bytes in one thread and on three", async () => {
    const model = modelFromDocument(personaliseModel(tinyModel().document, { layers: { head: 1 } }));
    const changes = { ...SETTING, strategy: { kind: "fedavg", client: { kind: "fedrep", headEpochs: 2 } } };
    const threads = await runTiny(changes, { model, workers: 3 });
    expect(bytesOf(threads)).toEqual(bytesOf(await runTiny(changes, { model })));
  });

  it.each([
    "ifca",
    "fedbuff",
    "scaffold",
  ])("%s comes to the same params however often they are judged", async (name) => {
    const [, changes] = runs.find(([other]) => other === name) as (typeof runs)[number];
    const { summary } = await runTiny({ ...SETTING, ...changes, evaluateEvery: 1 });
    expect(summary.paramsHash).toBe((await inline(name, changes)).summary.paramsHash);
  });

  it("ends with params of its own for each of them", async () => {
    const ends = await Promise.all(
      runs.map(async ([name, changes]) => (await inline(name, changes)).summary.paramsHash),
    );
    expect(new Set(ends).size).toBe(runs.length);
  });

  it("does not wait for slow devices where it is asynchronous: as many updates in less virtual time", async () => {
    const secondsOf = async (changes: Changes): Promise<number> => {
      const { lines } = await runTiny({ ...SETTING, devices: { examplesPerSecond: [1, 100] }, ...changes });
      expect(lines.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(40);
      return lines.reduce((sum, { virtualSeconds }) => sum + virtualSeconds, 0);
    };
    // Eight at work at a time, both.
    const waiting = await secondsOf({ strategy: { kind: "fedavg" }, cohort: { size: 8 }, rounds: 5 });
    const buffered = { strategy: { kind: "fedbuff", concurrency: 8 }, cohort: { size: 4 }, rounds: 10 } as const;
    expect(await secondsOf(buffered)).toBeLessThan(0.75 * waiting);
  });

  it("goes on where members never answer: past the deadline of their offer others take their places", async () => {
    const { summary } = await runTiny({
      strategy: { kind: "fedbuff", concurrency: 6 },
      cohort: { size: 3, quorumFraction: 0.5, deadlineSeconds: 60 },
      stragglers: { fraction: 0.5, work: "drop" },
      rounds: 12,
    });
    expect(summary).toMatchObject({ rounds: 12, stopped: "rounds" });
  });
});
