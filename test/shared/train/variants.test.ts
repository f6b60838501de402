import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { batchOrder } from "../../../shared/data/batchOrder.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import { variational } from "../../../shared/nn/layers/variational.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { expectClose } from "../../support/expectClose.ts";
import { createReferenceTrainer } from "../../support/referenceTrainer.ts";

const plan: LocalPlan = { epochs: 2, batchSize: 5, optimizer: { kind: "sgd", learningRate: 0.05 } };
const rng = createRng("variants");
const draw = (length: number): Float32Array => Float32Array.from({ length }, () => rng.nextFloat());

/** 13 examples: two batches of 5 and one of 3. */
function dataset(inputShape: readonly number[], targets: Dataset["targets"]): Dataset {
  const size = inputShape.reduce((product, axis) => product * axis, 1);
  return { numExamples: 13, inputShape, inputs: draw(13 * size), targets, targetSize: targets.length / 13 };
}

const sequences = dataset(
  [4, 3],
  Int32Array.from({ length: 13 * 4 }, (_, i) => (i % 7 === 0 ? -1 : i % 5)),
);
const unlabelled = dataset([6], new Uint8Array(0));
const labelled = dataset(
  [6],
  Uint8Array.from({ length: 13 }, (_, i) => i % 3),
);

const models: Record<string, { readonly model: Model; readonly data: Dataset; readonly plan?: LocalPlan }> = {
  "a class at each time": {
    model: defineModel({
      name: "sequence",
      input: { shape: [4, 3] },
      layers: [linear(3, 6), tanh(), linear(6, 5)],
      loss: "softmaxCrossEntropy",
    }),
    data: sequences,
  },
  "an autoencoder": {
    model: defineModel({
      name: "autoencoder",
      input: { shape: [6], scale: 2, offset: -1 },
      layers: [linear(6, 2), tanh(), linear(2, 6)],
      loss: "reconstruction",
    }),
    data: unlabelled,
  },
  "a variational autoencoder": {
    model: defineModel({
      name: "variational",
      input: { shape: [6] },
      layers: [variational({ encoder: [linear(6, 4)], decoder: [linear(2, 6)], latent: 2 })],
      loss: { kind: "variational", beta: 0.5 },
    }),
    data: unlabelled,
  },
  "penalties and what was received": {
    model: defineModel({
      name: "penalised",
      input: { shape: [6] },
      layers: [linear(6, 4), tanh(), linear(4, 3)],
      loss: { kind: "softmaxCrossEntropy", labelSmoothing: 0.1 },
    }),
    data: labelled,
    plan: { ...plan, penalties: { l1: 0.02, l2: 0.5, proximal: 2 } },
  },
  "a bound on each example's gradient": {
    model: defineModel({
      name: "clipped",
      input: { shape: [4, 3] },
      layers: [linear(3, 6), tanh(), linear(6, 5)],
      loss: "softmaxCrossEntropy",
    }),
    data: sequences,
    plan: { ...plan, perExampleClipNorm: 0.3, optimizer: { kind: "sgd", learningRate: 0.5 } },
  },
  "statistics that stay with the client": {
    model: defineModel({
      name: "fedbn",
      input: { shape: [6] },
      layers: [linear(6, 4), batchNorm(4, { statistics: "private", affine: "private" }), linear(4, 3)],
      loss: "softmaxCrossEntropy",
    }),
    data: labelled,
  },
};

describe("createLocalTrainer", () => {
  it.each(Object.entries(models))("trains %s as the reference twin does", (_, { model, data, plan: own = plan }) => {
    const params = model.init(createRng("init"));
    const expected = createReferenceTrainer({ model, plan: own }).train({ params, data, rng: createRng("order") });
    const trainer = createLocalTrainer({ model, plan: own });
    const actual = trainer.train({ params, data, rng: createRng("order") });
    // Six steps, each off by the rounding of sums of a few dozen terms below 1.
    expectClose(actual.delta, expected.delta, { tolerance: 1e-5, label: "delta" });
    expect(actual.delta.some((value) => Math.abs(value) > 1e-3)).toBe(true);
    expect(Math.abs(actual.trainLoss - expected.trainLoss)).toBeLessThan(1e-5 * Math.max(1, expected.trainLoss));
    expect(actual.privateParams?.length).toBe(expected.privateParams?.length);
    if (actual.privateParams) {
      expectClose(actual.privateParams, expected.privateParams!, { tolerance: 1e-5, label: "private" });
    }
    expect(trainer.train({ params, data, rng: createRng("order") })).toEqual(actual);
  });

  it("draws from the rng for the order alone, unless a layer draws too", () => {
    for (const [name, { model, data }] of Object.entries(models)) {
      const given = createRng("order");
      createLocalTrainer({ model, plan }).train({ params: model.init(createRng("init")), data, rng: given });
      const twin = createRng("order");
      batchOrder(13, plan.epochs, twin);
      if (name === "a variational autoencoder") for (let i = 0; i < 2; i++) twin.nextUint32();
      expect(given.nextUint32(), name).toBe(twin.nextUint32());
    }
  });

  it("makes other noise at each step and for each seed, and the same whatever the chunks", () => {
    const { model, data } = models["a variational autoencoder"]!;
    const params = model.init(createRng("init"));
    const trainer = createLocalTrainer({ model, plan });
    const [first, second] = ["a", "b"].map((seed) => trainer.train({ params, data, rng: createRng(seed) }));
    expect(first!.delta).not.toEqual(second!.delta);
    const training = trainer.start({ params, data, rng: createRng("a") });
    for (const steps of [1, 3, 2]) training.run(steps);
    expect(training.finish()).toEqual(first);
  });

  it("pulls towards the received params, all the more the larger the proximal term", () => {
    const { model, data } = models["penalties and what was received"]!;
    const params = model.init(createRng("init"));
    const drift = [0, 1, 10].map((proximal) => {
      const own = { ...plan, epochs: 20, penalties: { proximal } };
      const { delta } = createLocalTrainer({ model, plan: own }).train({ params, data, rng: createRng("order") });
      return Math.hypot(...delta);
    });
    expect(drift[1]!).toBeLessThan(0.7 * drift[0]!);
    expect(drift[2]!).toBeLessThan(0.5 * drift[1]!);
  });

  it("shrinks params that the data says nothing of by their penalties alone", () => {
    const model = defineModel({ name: "one", input: { shape: [1] }, layers: [linear(1, 1)], loss: "meanSquaredError" });
    const blank = { ...dataset([1], new Float32Array(13)), inputs: new Float32Array(13) };
    const train = (penalties: LocalPlan["penalties"]): number => {
      const own = { ...plan, epochs: 1, batchSize: 13, ...(penalties && { penalties }) };
      const params = Float32Array.of(0.5, 0);
      return createLocalTrainer({ model, plan: own }).train({ params, data: blank, rng: createRng("order") }).delta[0]!;
    };
    expect(train(undefined)).toBe(0);
    expect(train({ l1: 0.2 })).toBeCloseTo(-0.05 * 0.2, 7); // learning rate · l1 · sign(0.5)
    expect(train({ l2: 0.2 })).toBeCloseTo(-0.05 * 0.2 * 0.5, 7);
  });

  it("counts the share of correct positions, and none where nothing is right or wrong", () => {
    const { model, data } = models["a class at each time"]!;
    const trainer = createLocalTrainer({ model, plan });
    const params = model.init(createRng("init"));
    const outputs = trainer.predict(params, data);
    expect(outputs).toHaveLength(13 * 4 * 5);
    let numCorrect = 0;
    let loss = 0;
    for (let row = 0; row < 13; row++) {
      const counted = [0, 1, 2, 3].filter((time) => data.targets[4 * row + time]! >= 0);
      for (const time of counted) {
        const logits = [...outputs.subarray(5 * (4 * row + time), 5 * (4 * row + time + 1))];
        const label = data.targets[4 * row + time]!;
        if (logits.indexOf(Math.max(...logits)) === label) numCorrect += 1 / counted.length;
        loss += (Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - logits[label]!) / counted.length;
      }
    }
    const evaluation = trainer.evaluate(params, data);
    expect(evaluation.numCorrect).toBeCloseTo(numCorrect, 5);
    expect(evaluation.loss).toBeCloseTo(loss / 13, 5);
    const { model: autoencoder } = models["an autoencoder"]!;
    const judged = createLocalTrainer({ model: autoencoder, plan }).evaluate(
      autoencoder.init(createRng(1)),
      unlabelled,
    );
    expect(judged).not.toHaveProperty("numCorrect");
  });

  it("judges what it predicted before: the rows were loaded without their targets then", () => {
    const { model, data } = models["a class at each time"]!;
    const params = model.init(createRng("init"));
    const trainer = createLocalTrainer({ model, plan });
    trainer.predict(params, data);
    const fresh = createLocalTrainer({ model, plan }).train({ params, data, rng: createRng("order") });
    expect(trainer.train({ params, data, rng: createRng("order") })).toEqual(fresh);
  });

  it.each<[string, string, Partial<Dataset>, RegExp]>([
    [
      "a label for each example alone",
      "a class at each time",
      { targets: new Uint8Array(13), targetSize: 1 },
      /expected 4 target values a row, got 1/,
    ],
    [
      "a label that is no class",
      "a class at each time",
      { targets: new Int32Array(52).fill(5) },
      /labels 0 to 4, got 5/,
    ],
    [
      "a label below 0 for the whole example",
      "penalties and what was received",
      { targets: new Int32Array(13).fill(-1) },
      /labels 0 to 2, got -1/,
    ],
  ])("refuses %s", (_, name, change, message) => {
    const { model, data } = models[name]!;
    const request = { params: model.init(createRng("init")), data: { ...data, ...change }, rng: createRng("order") };
    expect(() => createLocalTrainer({ model, plan }).train(request)).toThrow(message);
  });
});
