import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createStrategy } from "../../server/strategies/createStrategy.ts";
import { createRng } from "../../shared/base/rng.ts";
import { loraModel } from "../../shared/models/lora/loraModel.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import { personalLayout } from "../../shared/params/personalLayout.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { evaluateMetrics } from "../../shared/train/evaluateMetrics.ts";
import { standardMetric } from "../../shared/train/standardMetric.ts";
import { type Experiment, parseExperiment } from "../../simulations/experiment/experiment.ts";
import { loadInitialParams } from "../../simulations/experiment/loadInitialParams.ts";
import { loadModel } from "../../simulations/experiment/loadModel.ts";
import { planOf } from "../../simulations/experiment/planOf.ts";
import { createPopulation, testRowsOf, trainRowsOf } from "../../simulations/population.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { bytesOf, clusters, runTiny, TINY_EXPERIMENT, tinyFedBn, tinyModel } from "./support/tinyExperiment.ts";

const TRAIN = clusters(133, 1);
const HELD_OUT = { partition: { kind: "iid", clients: 12, testFraction: 0.3 } };
const experimentOf = (changes: object): Experiment => parseExperiment({ ...TINY_EXPERIMENT, ...changes });
const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);

describe("private params of virtual clients", () => {
  it("are kept by each client from round to round, as plain FedAvg with a private part computes", async () => {
    // All four clients in each of three rounds: the loop of the paper, written out.
    const changes = { partition: { kind: "iid", clients: 4, testFraction: 0.3 }, cohort: { size: 4 }, rounds: 3 };
    const experiment = experimentOf(changes);
    const model = tinyFedBn();
    const { spec } = model;
    const layout = personalLayout(spec);
    const population = createPopulation(experiment, TRAIN);
    const trainer = createLocalTrainer({ model, plan: experiment.local });
    const plan = planOf(experiment, { modelHash: `sha256-${"0".repeat(64)}`, runId: "0".repeat(32) });
    const strategy = createStrategy(plan, spec.sharedLength);
    const initial = model.init(createRng(experiment.seed, "init"));
    const own = Array.from({ length: 4 }, () => initial.slice());
    let state = strategy.init(initial.slice(0, spec.sharedLength));
    for (let round = 0; round < 3; round++) {
      const fold = strategy.openRound(state, round);
      for (const [client, params] of own.entries()) {
        params.set(state.params);
        const rng = createRng(experiment.seed, "local", round, client);
        const rows = trainRowsOf(population, client);
        const { delta, privateParams, numExamples } = trainer.train({ params, data: TRAIN, rows, rng });
        fold.add({ clientId: String(client), delta, weight: numExamples, staleness: 0, parts: new Map(), metrics: {} });
        layout.place(params, layout.take(privateParams as Float32Array));
      }
      state = await fold.finish({ seed: "" });
    }
    const shared = state.params;
    let accuracies = 0;
    let losses = 0;
    for (const [client, params] of own.entries()) {
      params.set(shared);
      const { loss, numCorrect, numExamples } = trainer.evaluate(params, TRAIN, testRowsOf(population, client));
      accuracies += (numCorrect as number) / numExamples;
      losses += loss;
    }

    const { lines, params } = await runTiny(changes, { model: tinyFedBn(), test: undefined as never });
    expect(bits(params.subarray(0, spec.sharedLength))).toEqual(bits(shared));
    expect(bits(params.subarray(spec.sharedLength))).toEqual(bits(initial.subarray(spec.sharedLength)));
    // Shown to six decimals.
    expect(Math.abs((lines.at(-1)?.clientTestAccuracy as number) - accuracies / 4)).toBeLessThan(1e-6);
    expect(Math.abs((lines.at(-1)?.clientTestLoss as number) - losses / 4)).toBeLessThan(1e-6);
    expect(lines.at(-1)?.testedClients).toBe(4);
    // The clients did end with different private params, none of them as they began.
    const personal = own.map((whole) => layout.take(whole.subarray(spec.sharedLength)).join());
    expect(new Set([...personal, layout.take(initial.subarray(spec.sharedLength)).join()]).size).toBe(5);
  });

  it("give the same bytes on one worker, on two and on three threads, stragglers included", async () => {
    const changes = {
      ...HELD_OUT,
      cohort: { size: 3, overSelection: 2 },
      metrics: ["rocAuc", "perplexity", "confusionMatrix"],
    };
    const inline = await runTiny(changes, { model: tinyFedBn() });
    expect(inline.lines.at(-1)?.clientTestAccuracy).toBeGreaterThan(0.5);
    for (const workers of [2, 3]) {
      expect(bytesOf(await runTiny(changes, { model: tinyFedBn(), workers }))).toEqual(bytesOf(inline));
    }
  });

  it("never travel: traffic and hashes are those of the shared params", async () => {
    const { lines, params } = await runTiny({}, { model: tinyFedBn() });
    expect(params).toHaveLength(75 + 24); // 8·6 + 6 + 6·3 + 3 shared; four arrays of 6 private
    for (const line of lines) {
      expect(line.downlinkBytes).toBe(5 * 4 * 75);
      expect(line.uplinkBytes).toBe(5 * 4 * 75);
    }
  });
});

describe("adapters in a simulation", () => {
  const lora = { rank: 2 };

  it("are trained on a frozen base, alone travel, and start from what the base computes", async () => {
    const trained = await runTiny({ rounds: 2 });
    const path = join(temporaryFolder(), "base.safetensors");
    writeFileSync(path, encodeParams(tinyModel().spec, trained.params));
    const experiment = experimentOf({ lora, base: path, model: { ...tinyModel().document } });
    const model = loadModel(experiment, TRAIN);
    const initialParams = loadInitialParams(experiment, model);
    const { sharedLength } = model.spec;
    expect(sharedLength).toBe(2 * (8 + 6) + 2 * (6 + 3)); // A and B of both linear maps
    const changes = { lora, base: path, rounds: 3 };
    const { lines, params } = await runTiny(changes, { model, initialParams });
    // Biases and weights of the base are where they were, bit for bit.
    expect(bits(params.subarray(sharedLength))).toEqual(bits(initialParams.subarray(sharedLength)));
    expect(params.subarray(0, sharedLength)).not.toEqual(initialParams.subarray(0, sharedLength));
    expect(lines[0]?.uplinkBytes).toBe(5 * 4 * sharedLength);
    expect(lines.at(-1)?.testLoss).toBeLessThan(trained.lines.at(-1)?.testLoss as number);
    expect(bytesOf(await runTiny(changes, { model, initialParams, workers: 2 }))).toEqual(
      bytesOf({ lines, params, summary: (await runTiny(changes, { model, initialParams })).summary }),
    );
  });

  it("are refused without a base, with one of another model, and a base without adapters", () => {
    const adapted = loraModel(tinyModel().document, lora);
    const path = join(temporaryFolder(), "base.safetensors");
    expect(() => loadInitialParams({ seed: 1 }, adapted)).toThrow(
      '"base" is missing: "tiny LoRA" has 75 frozen params',
    );
    expect(() => loadInitialParams({ seed: 1, base: path }, tinyModel())).toThrow(
      '"base" expected a model with frozen params, got "tiny"',
    );
    expect(() => loadInitialParams({ seed: 1, base: path }, adapted)).toThrow("no such file");
    writeFileSync(path, "no checkpoint");
    expect(() => loadInitialParams({ seed: 1, base: path }, adapted)).toThrow("safetensors");
    writeFileSync(path, encodeParams(tinyFedBn().spec, new Float32Array(tinyFedBn().spec.length)));
    expect(() => loadInitialParams({ seed: 1, base: path }, adapted)).toThrow("base expected");
    expect(() =>
      loadModel(experimentOf({ lora: { rank: 2, kinds: ["conv2d"] }, model: { ...tinyModel().document } }), TRAIN),
    ).toThrow('"lora": lora expected a layer of conv2d');
  });
});

describe("metrics of a simulation", () => {
  const metrics = ["precisionRecallF1", "rocAuc", "perplexity", "expectedCalibrationError"];

  it("are those of the pooled rows, bit for bit, when clients judge apart", async () => {
    const changes = { ...HELD_OUT, cohort: { size: 12 }, metrics, rounds: 2 };
    const { lines, params } = await runTiny(changes);
    const model = tinyModel();
    const experiment = experimentOf(changes);
    const population = createPopulation(experiment, TRAIN);
    const rows = Uint32Array.from(Array.from({ length: 12 }, (_, c) => [...testRowsOf(population, c)]).flat()).sort();
    const request = {
      ...{ model, params, trainer: createLocalTrainer({ model, plan: experiment.local }) },
      metrics: metrics.map((name) => standardMetric(name, model)),
    };
    const named = (prefix: string): object =>
      Object.fromEntries(
        Object.entries(lines.at(-1)?.metrics ?? {}).flatMap(([name, value]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
        ),
      );
    const pooled = evaluateMetrics({ ...request, data: TRAIN, rows }).values;
    expect(Object.keys(pooled)).toContain("precisionRecallF1.f1.macro");
    expect(named("clients.")).toEqual(pooled);
    expect(named("test.")).toEqual(evaluateMetrics({ ...request, data: clusters(2100, 2) }).values);
  });

  it("are measured as often as the test set is, over the clients that took part", async () => {
    const { lines } = await runTiny({ ...HELD_OUT, cohort: { size: 1 }, metrics: ["accuracy"], evaluateEvery: 4 });
    const measured = lines.map(({ metrics: values }) => "test.accuracy" in values);
    expect(measured).toEqual([false, false, false, true, false, true]);
    expect(lines[3]?.metrics["test.accuracy"]).toBe(lines[3]?.testAccuracy);
    expect(lines[3]?.testedClients).toBeLessThanOrEqual(4);
    // Every client holds 3 rows out, so here the mean over clients is that over their rows.
    const { clientTestAccuracy } = lines[3] as { clientTestAccuracy: number };
    expect(Math.abs((lines[3]?.metrics["clients.accuracy"] as number) - clientTestAccuracy)).toBeLessThan(1e-6);
  });

  it("are refused where they mean nothing", async () => {
    expect(() => experimentOf({ metrics: ["acuracy"] })).toThrow('did you mean "accuracy"?');
    expect(() => experimentOf({ metrics: ["accuracy", "accuracy"] })).toThrow("expected each name once");
    await expect(runTiny({ metrics: ["rSquared"] })).rejects.toThrow('metric "rSquared" expected a model with a value');
  });
});
