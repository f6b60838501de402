import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { fuse } from "../../../shared/engine/compile/fuse.ts";
import { planMemory } from "../../../shared/engine/compile/planMemory.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import * as layers from "../../../shared/nn/layers.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { expectClose } from "../../support/expectClose.ts";

const optimizer = { kind: "sgd", learningRate: 0.1 } as const;
const model = defineModel({
  name: "recurrent",
  input: { shape: [6] },
  layers: [layers.embedding(9, 4), layers.gru(4, 5), layers.linear(5, 9)],
  loss: "softmaxCrossEntropy",
});
const rng = createRng("micro-batches");
const data = {
  numExamples: 17,
  inputShape: [6],
  inputs: Uint8Array.from({ length: 17 * 6 }, () => rng.nextBelow(9)),
  targets: Int32Array.from({ length: 17 * 6 }, () => rng.nextBelow(10) - 1),
  targetSize: 6,
};

describe("micro-batches", () => {
  it.each([
    1, 3, 5, 8,
  ])("of %i train as whole batches do, with a part left over and a short last batch", (microBatchSize) => {
    const params = model.init(createRng("init"));
    const train = (part?: { microBatchSize: number }) => {
      const plan = { epochs: 2, batchSize: 10, optimizer, ...part };
      return createLocalTrainer({ model, plan }).train({ params, data, rng: createRng("order") });
    };
    const [whole, parts] = [train(), train({ microBatchSize })];
    // Sums in another order: a few roundings of values below 1, over four steps.
    expectClose(parts.delta, whole.delta, { tolerance: 3e-6, label: "delta" });
    expect(Math.abs(parts.trainLoss - whole.trainLoss)).toBeLessThan(1e-5);
  });

  it("need the memory of a part", () => {
    const bytes = (part: { microBatchSize?: number }): number =>
      planMemory(fuse(buildTrainingGraph(model, { epochs: 1, batchSize: 64, optimizer, ...part }, 64))).workspaceBytes;
    expect(bytes({ microBatchSize: 8 })).toBeLessThan(bytes({}) / 3);
  });

  it("draw random values of their own", () => {
    const noisy = defineModel({
      name: "noisy",
      input: { shape: [40] },
      layers: [layers.dropout(0.5), layers.linear(40, 2)],
      loss: "softmaxCrossEntropy",
    });
    const ones = {
      numExamples: 2,
      inputShape: [40],
      inputs: new Float32Array(80).fill(1),
      targets: new Uint8Array(2),
      targetSize: 1,
    };
    const params = new Float32Array(noisy.spec.length);
    const train = (seed: number): Float32Array => {
      const plan = { epochs: 1, batchSize: 2, microBatchSize: 1, optimizer };
      return createLocalTrainer({ model: noisy, plan }).train({ params, data: ones, rng: createRng(seed) }).delta;
    };
    // At params 0 the gradient of w[i, 0] is -(kept by example 0 + kept by example 1) / 2: three values only if both draw apart.
    const values = new Set(
      [...train(1).subarray(0, 80)].filter((_, i) => i % 2 === 0).map((value) => value.toFixed(6)),
    );
    expect(values.size).toBe(3);
    expect(train(1)).toEqual(train(1));
    expect(train(2)).not.toEqual(train(1));
  });

  it("are refused where examples cannot be told apart, with the reason", () => {
    const mixing = defineModel({
      name: "mixing",
      input: { shape: [4] },
      layers: [layers.linear(4, 3), layers.batchNorm(3)],
      loss: "softmaxCrossEntropy",
    });
    const plan = { epochs: 1, batchSize: 4, microBatchSize: 2, optimizer };
    expect(() => buildTrainingGraph(mixing, plan, 4)).toThrow("microBatchSize expected no statistics of the batch");
    expect(() => buildTrainingGraph(model, { ...plan, perExampleClipNorm: 1 }, 4)).toThrow("no perExampleClipNorm");
  });
});
