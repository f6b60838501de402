import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { add, matmul } from "../../../shared/graph/ops.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { loraModel } from "../../../shared/models/lora/loraModel.ts";
import { loraParams, mergeLora } from "../../../shared/models/lora/loraParams.ts";
import type { Model } from "../../../shared/models/model.ts";
import { customLayer } from "../../../shared/nn/custom/customLayer.ts";
import {
  averagePool2d,
  batchNorm,
  conv2d,
  denseConnection,
  depthwiseConv2d,
  dropout,
  flatten,
  groupNorm,
  layerNorm,
  linear,
  maxPool2d,
  parallel,
  relu,
  residual,
  silu,
} from "../../../shared/nn/layers.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";

/** Images 8 x 8 with a bright half: top, bottom, left or right, under noise; 30 examples, so that the last batch has 6. */
function halves(): Dataset {
  const rng = createRng("halves");
  const targets = Uint8Array.from({ length: 30 }, (_, i) => i % 4);
  const inputs = new Float32Array(30 * 64);
  targets.forEach((target, i) => {
    for (let pixel = 0; pixel < 64; pixel++) {
      const [row, column] = [Math.floor(pixel / 8), pixel % 8];
      const isBright = [row < 4, row >= 4, column < 4, column >= 4][target]!;
      inputs[64 * i + pixel] = (isBright ? 1 : 0) + 0.6 * (rng.nextFloat() - 0.5);
    }
  });
  return { numExamples: 30, inputShape: [8, 8, 1], inputs, targets, targetSize: 1 };
}

const data = halves();
const plan = {
  epochs: 20,
  batchSize: 8,
  optimizer: { kind: "sgd", learningRate: 0.1, momentum: 0.5 },
} as const;

const image = { shape: [8, 8, 1] };
const loss = "softmaxCrossEntropy" as const;
const models: Record<string, Model> = {
  "convolutions with batch normalisation": defineModel({
    name: "bn",
    input: image,
    layers: [
      conv2d(1, 4, 3, { padding: "same" }),
      batchNorm(4),
      relu(),
      maxPool2d(2),
      depthwiseConv2d(4, 3, { multiplier: 2 }),
      silu(),
      averagePool2d(2),
      flatten(),
      dropout(0.1),
      linear(8, 4, { init: "glorotNormal" }),
    ],
    loss,
  }),
  "residual, dense and parallel layers with group normalisation": defineModel({
    name: "nested",
    input: image,
    layers: [
      conv2d(1, 4, 3, { padding: "same", strides: 2 }),
      residual([groupNorm(2, 4), relu(), conv2d(4, 4, 3, { padding: "same", groups: 2 })]),
      denseConnection([relu(), conv2d(4, 2, 1)]),
      parallel([[conv2d(6, 2, 3)], [conv2d(6, 2, 3, { dilations: 1 }), relu()]]),
      flatten(),
      linear(16, 4),
    ],
    loss,
  }),
  "a layer of ops": defineModel({
    name: "custom",
    input: image,
    layers: [
      flatten(),
      customLayer({
        name: "affine",
        inputShape: [64],
        params: { w: { shape: [64, 8], init: "heNormal" }, b: { shape: [8], init: "zeros" } },
        apply: ({ w, b }, x) => add(matmul(x, w), b),
      }),
      layerNorm(8),
      relu(),
      linear(8, 4),
    ],
    loss,
  }),
};

describe.each(Object.entries(models))("%s", (_, model) => {
  it("learn, with the same bytes each time", () => {
    const train = () => {
      const trainer = createLocalTrainer({ model, plan });
      const params = model.init(createRng(1));
      const { delta } = trainer.train({ params, data, rng: createRng(2) });
      const trained = params.map((value, i) => value + (delta[i] ?? 0));
      return { delta, evaluation: trainer.evaluate(trained, data) };
    };
    const { delta, evaluation } = train();
    // A guess has a loss of ln 4 = 1.39 and is right for a quarter.
    expect(evaluation.loss).toBeLessThan(0.3);
    expect(evaluation.numCorrect).toBeGreaterThanOrEqual(28);
    expect(train().delta).toEqual(delta);
  });
});

describe("statistics", () => {
  it("of a batch normalisation move towards those of the data", () => {
    const model = defineModel({ name: "bn", input: image, layers: [batchNorm(1), flatten(), linear(64, 4)], loss });
    const params = model.init(createRng(1));
    const { delta } = createLocalTrainer({ model, plan }).train({ params, data, rng: createRng(2) });
    const trainedTo = (name: string): number => {
      const { offset } = model.spec.entries.find((entry) => entry.name === `layers.0.${name}`)!;
      return params[offset]! + delta[offset]!;
    };
    const pixels = Float32Array.from(data.inputs);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    // 80 steps of a tenth each leave 0.9^80 = 0.02 % of the start; the average of batches is the data's but for their spread.
    expect(Math.abs(trainedTo("mean") - mean)).toBeLessThan(0.02);
    const variance = pixels.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / pixels.length;
    expect(Math.abs(trainedTo("variance") - variance)).toBeLessThan(0.02);
  });
});

describe("adapters", () => {
  it("learn what the frozen base does not know, and merge into it", () => {
    const base = defineModel({
      name: "base",
      input: image,
      layers: [flatten(), linear(64, 16), relu(), linear(16, 4)],
      loss,
    });
    const model = loraModel(base.document, { rank: 2, alpha: 4 });
    const start = base.init(createRng(1));
    const params = loraParams(model, base.spec, start, createRng(2));
    const trainer = createLocalTrainer({ model, plan });
    const before = trainer.evaluate(params, data);
    const { delta, privateParams } = trainer.train({ params, data, rng: createRng(3) });
    // rank · (64 + 16) + rank · (16 + 4) values travel, of 1,108.
    expect(delta).toHaveLength(200);
    expect(privateParams).toEqual(params.subarray(200));
    const trained = params.map((value, i) => value + (delta[i] ?? 0));
    const after = trainer.evaluate(trained, data);
    expect(before.loss).toBeGreaterThan(1);
    expect(after.loss).toBeLessThan(0.1);
    const merged = createLocalTrainer({ model: base, plan }).evaluate(mergeLora(model, trained, base.spec), data);
    // The merged sums round in another order: 6e-8 relative a sum.
    expect(merged.loss).toBeCloseTo(after.loss, 5);
    expect(merged.numCorrect).toBe(after.numCorrect);
  });
});
