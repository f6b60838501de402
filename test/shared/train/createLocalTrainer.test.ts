import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { sigmoid } from "../../../shared/nn/layers/sigmoid.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { expectClose } from "../../support/expectClose.ts";
import { createReferenceTrainer } from "../../support/referenceTrainer.ts";

const plan: LocalPlan = { epochs: 2, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } };
const input = { shape: [36], scale: 1 / 255, offset: -0.25 };
const twoLayers = defineModel({
  name: "relu-net",
  input,
  layers: [linear(36, 22), relu(), linear(22, 13), relu(), linear(13, 5)],
  loss: "softmaxCrossEntropy",
});
const curved = defineModel({
  name: "tanh-sigmoid-net",
  input,
  layers: [linear(36, 12), tanh(), linear(12, 9), sigmoid(), linear(9, 5)],
  loss: "softmaxCrossEntropy",
});

function makeData(numExamples: number): Dataset {
  const rng = createRng("trainer data", numExamples);
  return {
    numExamples,
    inputShape: [36],
    inputs: Uint8Array.from({ length: 36 * numExamples }, () => Math.max(0, rng.nextBelow(512) - 256)),
    targets: Uint8Array.from({ length: numExamples }, () => rng.nextBelow(5)),
    targetSize: 1,
  };
}

const data = makeData(57);
const rows = Uint32Array.of(3, 4, 5, 50, 7, 9, 56, 0, 22, 23, 24, 31, 40); // a full batch and a short one

describe("createLocalTrainer", () => {
  it.each([twoLayers, curved])("trains $document.name as the reference twin does, with a short last batch", (model) => {
    const params = model.init(createRng("init"));
    const request = { params, data, rows };
    const expected = createReferenceTrainer({ model, plan }).train({ ...request, rng: createRng("order") });
    const actual = createLocalTrainer({ model, plan }).train({ ...request, rng: createRng("order") });
    expect(actual.numSteps).toBe(4);
    expect(actual.numExamples).toBe(13);
    expect(Math.abs(actual.trainLoss - expected.trainLoss)).toBeLessThan(1e-5);
    // Four steps, each off by the rounding of sums of at most 36 terms below 1.
    expectClose(actual.delta, expected.delta, { tolerance: 1e-5, label: "delta" });
    expect(actual.delta.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });

  it("gives the same bytes whatever the chunks, and whichever clients it served before", () => {
    const params = twoLayers.init(createRng("init"));
    const request = { params, data, rows };
    const whole = createLocalTrainer({ model: twoLayers, plan }).train({ ...request, rng: createRng("order") });
    const shared = createLocalTrainer({ model: twoLayers, plan });
    shared.train({ params, data, rng: createRng("another client") });
    shared.evaluate(params, data);
    const training = shared.start({ ...request, rng: createRng("order") });
    let seen = 0;
    for (const maxSteps of [1, 2, 1]) {
      const progress = training.run(maxSteps);
      seen += maxSteps;
      expect(progress.stepsDone).toBe(seen);
      expect(progress.loss).toBeGreaterThan(0);
    }
    const local = training.params();
    const update = training.finish();
    expect(update).toEqual(whole);
    expect(local.map((value, i) => value - params[i]!)).toEqual(update.delta);
  });

  it("carries no momentum from one client to the next", () => {
    const withMomentum = { ...plan, optimizer: { ...plan.optimizer, momentum: 0.9 } } as const;
    const params = curved.init(createRng("init"));
    const trainer = createLocalTrainer({ model: curved, plan: withMomentum });
    const first = trainer.train({ params, data, rows, rng: createRng("order") });
    const second = trainer.train({ params, data, rows, rng: createRng("order") });
    expect(second).toEqual(first);
  });

  it("evaluates and predicts every row, in batches of any size", () => {
    const large = makeData(503); // two batches of 250 and one of 3
    const params = twoLayers.init(createRng("init"));
    const trainer = createLocalTrainer({ model: twoLayers, plan });
    const predictions = trainer.predict(params, large);
    expect(predictions).toHaveLength(503 * 5);
    const some = Uint32Array.of(502, 0, 250);
    for (const [i, row] of some.entries()) {
      const alone = trainer.predict(params, large, Uint32Array.of(row));
      expect(alone).toEqual(predictions.slice(5 * row, 5 * row + 5));
      expect(trainer.predict(params, large, some).slice(5 * i, 5 * i + 5)).toEqual(alone);
    }
    let numCorrect = 0;
    let loss = 0;
    for (let row = 0; row < 503; row++) {
      const logits = [...predictions.slice(5 * row, 5 * row + 5)];
      const label = large.targets[row]!;
      if (logits.indexOf(Math.max(...logits)) === label) numCorrect++;
      loss += Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - logits[label]!;
    }
    const evaluation = trainer.evaluate(params, large);
    expect(evaluation).toMatchObject({ numExamples: 503, numCorrect });
    expect(evaluation.loss).toBeCloseTo(loss / 503, 5);
  });

  it("judges clients of every size, one after the other, as a fresh trainer would", () => {
    const trainer = createLocalTrainer({ model: twoLayers, plan });
    const params = twoLayers.init(createRng("init"));
    const large = makeData(260);
    for (let numRows = 1; numRows <= 250; numRows += 3) {
      const some = Uint32Array.from({ length: numRows }, (_, i) => 259 - i);
      const { numExamples, loss } = trainer.evaluate(params, large, some);
      expect(numExamples).toBe(numRows);
      expect(Number.isFinite(loss)).toBe(true);
    }
    const again = createLocalTrainer({ model: twoLayers, plan });
    expect(trainer.evaluate(params, large)).toEqual(again.evaluate(params, large));
  });

  it("fits a line by mean squared error, and then counts no correct predictions", () => {
    const line = defineModel({ name: "line", input: { shape: [1] }, layers: [linear(1, 1)], loss: "meanSquaredError" });
    const inputs = Float32Array.from({ length: 40 }, (_, i) => i / 20 - 1);
    const lineData: Dataset = {
      numExamples: 40,
      inputShape: [1],
      inputs,
      targets: inputs.map((x) => 3 * x - 2),
      targetSize: 1,
    };
    const trainer = createLocalTrainer({ model: line, plan: { ...plan, epochs: 60 } });
    const params = line.init(createRng("init"));
    const { delta } = trainer.train({ params, data: lineData, rng: createRng("order") });
    const trained = params.map((value, i) => value + delta[i]!);
    expectClose([...trained].sort(), [-2, 3], { tolerance: 1e-4 });
    expect(trainer.evaluate(trained, lineData)).not.toHaveProperty("numCorrect");
  });

  it("stops a training that diverges, naming the step", () => {
    const wild = { ...plan, epochs: 50, optimizer: { kind: "sgd", learningRate: 1e30 } } as const;
    const trainer = createLocalTrainer({ model: twoLayers, plan: wild });
    const request = { params: twoLayers.init(createRng("init")), data, rows, rng: createRng("order") };
    expect(() => trainer.train(request)).toThrow(/training diverged/);
  });

  it.each([
    ["a row outside the dataset", { rows: Uint32Array.of(57) }, /expected numbers below 57, got 57/],
    ["no rows", { rows: new Uint32Array(0) }, /at least one row/],
    ["params of another model", { params: new Float32Array(3) }, /"params" expected/],
    [
      "inputs of another size",
      { data: { ...data, inputs: new Uint8Array(57) } },
      /expected 36 input values a row, got 1/,
    ],
    ["targets that are no labels", { data: { ...data, targets: new Float32Array(57) } }, /class labels/],
  ])("refuses %s", (_, change, message) => {
    const trainer = createLocalTrainer({ model: twoLayers, plan });
    const request = { params: twoLayers.init(createRng("init")), data, rows, rng: createRng("order") };
    expect(() => trainer.train({ ...request, ...change })).toThrow(message);
  });

  it("ends a training when the trainer is used for another", () => {
    const trainer = createLocalTrainer({ model: twoLayers, plan });
    const params = twoLayers.init(createRng("init"));
    const first = trainer.start({ params, data, rows, rng: createRng("order") });
    expect(() => first.finish()).toThrow(/4 steps done, got 0/);
    trainer.evaluate(params, data);
    expect(() => first.run(1)).toThrow(/ended/);
  });
});
