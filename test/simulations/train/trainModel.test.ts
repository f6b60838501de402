import { describe, expect, it } from "vitest";
import { loadBuiltinData } from "../../../datasets/builtinData.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { zooModel } from "../../../shared/models/zoo.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { createJudge } from "../../../simulations/train/judge.ts";
import { planOf, TRAINING_RECIPES } from "../../../simulations/train/trainingRecipe.ts";
import { type EpochLine, trainModel } from "../../../simulations/train/trainModel.ts";

const model = zooModel("linear-regression");
const data = await loadBuiltinData("linear");
const plan: LocalPlan = { epochs: 4, batchSize: 30, optimizer: { kind: "adam", learningRate: 0.05 } };

describe("trainModel", () => {
  it("is one local training over all epochs, so that the optimizer keeps its state", async () => {
    const lines: EpochLine[] = [];
    const { params, summary } = await trainModel({
      ...{ model, plan, data, seed: 3, evaluateEvery: 2 },
      onEpoch: (line) => lines.push(line),
    });
    const begin = model.init(createRng(3, "init"));
    const { delta, numSteps, trainLoss } = createLocalTrainer({ model, plan }).train({
      ...{ params: begin, data: data.train, rng: createRng(3, "train") },
    });
    expect(params).toEqual(begin.map((value, i) => value + delta[i]!));
    expect(summary).toMatchObject({ epochs: 4, steps: numSteps, stopped: "epochs" });
    const mean = lines.reduce((sum, line) => sum + line.trainLoss, 0) / 4;
    expect(mean).toBeCloseTo(trainLoss, 10);
    // Judged after every second epoch, and what the last says is what the judge says of the params.
    expect(lines.map(({ testLoss }) => testLoss !== undefined)).toEqual([false, true, false, true]);
    const { loss, rSquared } = createJudge(model)(params, data.test!);
    expect(summary).toMatchObject({ testLoss: loss, testRSquared: rSquared });
    expect(rSquared).toBeGreaterThan(0.99); // noise of 0.1 about a variance of 8.8
  });

  it("gives the same params for the same seed, others for another", async () => {
    const hashOf = async (seed: number) =>
      (await trainModel({ model, plan, data, seed, evaluateEvery: 0 })).summary.paramsHash;
    expect(await hashOf(5)).toBe(await hashOf(5));
    expect(await hashOf(5)).not.toBe(await hashOf(6));
  });

  it("stops at an abort with what was trained so far", async () => {
    const controller = new AbortController();
    const { params, summary } = await trainModel({
      ...{ model, plan, data, seed: 3, evaluateEvery: 1, signal: controller.signal },
      onProgress: ({ stepsDone }) => stepsDone === 70 && controller.abort(),
    });
    // 1,676 examples or so in batches of 30: 56 steps an epoch.
    expect(summary).toMatchObject({ epochs: 1, steps: 70, stopped: "interrupted" });
    expect(params.some((value) => value !== 0)).toBe(true);
  });
});

describe("createJudge", () => {
  it("gives a text model's perplexity, its loss being the logarithm", async () => {
    const text = await loadBuiltinData("brackets");
    const vocabulary = text.vocabulary!.tokens.length;
    const gpt = zooModel("tiny-gpt", { vocabulary, context: 32 });
    const { loss, perplexity, accuracy } = createJudge(gpt)(new Float32Array(gpt.spec.length), text.test!);
    // All params zero: every token is as likely, and the first is predicted, which is padding and never right.
    expect(perplexity).toBeCloseTo(vocabulary, 3);
    expect(loss).toBeCloseTo(Math.log(vocabulary), 5);
    expect(accuracy).toBe(0);
  });
});

describe("the recipes", () => {
  it.each(Object.entries(TRAINING_RECIPES))("of %s names data and a schedule over all steps", (_, recipe) => {
    expect(recipe.data ?? recipe.needs).toBeDefined();
    const { schedule, epochs } = planOf(recipe, 10);
    if (schedule) expect(schedule).toEqual({ kind: "oneCycle", steps: epochs * Math.ceil(10 / recipe.batchSize) });
  });
});
