import { describe, expect, it } from "vitest";
import * as headwater from "../../../shared/index.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { ZOO_MODEL_NAMES, type ZooModelName, zooModel } from "../../../shared/models/zoo.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { expectClose } from "../../support/expectClose.ts";
import { createReferenceTrainer } from "../../support/referenceTrainer.ts";
import { zooExample } from "../../support/zooExample.ts";

const { createRng } = headwater;

/** Params, of all arrays and of those that are trained and travel where that differs. Counted by hand from the layers' shapes. */
const NUM_PARAMS: Readonly<Record<ZooModelName, readonly [number, number?]>> = {
  "linear-regression": [8 + 1],
  "logistic-regression": [8 + 1],
  "softmax-regression": [7850],
  "2nn": [199_210], // McMahan et al. 2017, section 3
  // Adapters: 4 · (784 + 200) + 4 · (200 + 200) + 4 · (200 + 10)
  "2nn-lora": [199_210 + 6376, 6376],
  cnn: [1_663_370], // McMahan et al. 2017, section 3
  "lenet-5": [61_706], // 156 + 2,416 + 48,120 + 10,164 + 850
  "resnet-8": [77_754],
  // Two more blocks a stage: 2 · (2 · 9 · c² + 4c) for c of 16, 32 and 64
  "resnet-20": [77_754 + 2 * (4608 + 64) + 2 * (18_432 + 128) + 2 * (73_728 + 256)],
  "mobile-net": [18_826],
  "char-lstm": [820_522],
  "tiny-gpt": [116_826],
  // Adapters of each block: 4 · (64 + 192) + 4 · (64 + 64) + 2 · 4 · (64 + 256); of the output 4 · (64 + 90)
  "tiny-gpt-lora": [116_826 + 8808, 8808],
  "text-classifier": [2000 * 16 + 16 * 2 + 2],
  "gru-classifier": [36_802],
  "sensor-cnn": [11_206], // 15 · 32 + 32, 160 · 64 + 64, 64 · 6 + 6
  autoencoder: [476_720],
  vae: [418_104],
  gcn: [1433 * 16 + 16 + 16 * 7 + 7],
  "gcn-karate": [34 * 16 + 16 + 16 * 2 + 2],
  gin: [5605],
  "simplicial-net": [17_090],
  "spiking-mlp": [784 * 256 + 256 + 2570],
  "spiking-cnn": [20_746],
  "cartpole-policy": [4 * 32 + 32 + 66],
  "matrix-factorisation": [300 * 8 + 300 + 1],
};

const sgd = { kind: "sgd", learningRate: 0.1 } as const;
const adam = { kind: "adam", learningRate: 0.01 } as const;

describe.each(ZOO_MODEL_NAMES)("%s", (name) => {
  it("has the params that its documentation states", () => {
    const [numParams, numShared = numParams] = NUM_PARAMS[name];
    const { spec } = zooModel(name);
    expect(spec.length).toBe(numParams);
    const trainable = spec.entries.filter(({ kind }) => kind === "trainable");
    expect(trainable.reduce((sum, { length }) => sum + length, 0)).toBe(numShared);
    expect(spec.sharedLength).toBe(numShared);
  });

  it("comes back from its document", () => {
    const { document, spec } = zooModel(name);
    const again = modelFromDocument(parseModelDocument(JSON.parse(JSON.stringify(document))));
    expect(again.document).toEqual(document);
    expect(again.spec).toEqual(spec);
    expect(document.name).toBe(name.endsWith("-lora") ? `${name.slice(0, -"-lora".length)} LoRA` : name);
  });

  it("predicts and takes a step on the engine as on the reference twin", { timeout: 60_000 }, () => {
    const { model, data } = zooExample(headwater, name, { numExamples: 2, hasSmallImages: true });
    const plan = { epochs: 1, batchSize: 2, optimizer: sgd };
    const params = model.init(createRng("init"));
    const expected = createReferenceTrainer({ model, plan }).train({ params, data, rng: createRng("order") });
    const actual = createLocalTrainer({ model, plan }).train({ params, data, rng: createRng("order") });
    expect(Math.abs(actual.trainLoss / expected.trainLoss - 1)).toBeLessThan(1e-5);
    const longest = expected.delta.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(longest).toBeGreaterThan(0);
    const byLongest = (delta: Float32Array): Float32Array => delta.map((value) => value / longest);
    // Sums of thousands of terms, in another order. Measured: at most 2.6e-5 of the longest move.
    expectClose(byLongest(actual.delta), byLongest(expected.delta), { tolerance: 5e-5, label: "delta" });
  });

  it("learns a few rows", () => {
    const { model, data } = zooExample(headwater, name, { numExamples: 4, hasSmallImages: true });
    const params = model.init(createRng("init"));
    const plan = { epochs: 60, batchSize: 4, optimizer: adam };
    const training = createLocalTrainer({ model, plan }).start({ params, data, rng: createRng("order") });
    // Means of a few steps, because dropout and sampled latents make the loss of one a matter of chance.
    const { loss: first } = training.run(4);
    training.run(52);
    const { loss: last } = training.run(4);
    expect(last).toBeLessThan(first - 0.02 * Math.abs(first));
  });
});

describe("zooModel", () => {
  it("takes the sizes that follow the data", () => {
    expect(zooModel("char-lstm", { vocabulary: 12, context: 5 }).outputShape).toEqual([5, 12]);
    expect(zooModel("gcn", { nodes: 5, features: 3, edges: 4, classes: 2 }).outputShape).toEqual([5, 2]);
    expect(zooModel("tiny-gpt-lora", { context: 7, rank: 1 }).outputShape).toEqual([7, 90]);
  });

  it("answers a name or size that it does not know with the nearest one", () => {
    expect(() => zooModel("char-lstn")).toThrow('did you mean "char-lstm"?');
    expect(() => zooModel("toString")).toThrow("known are linear-regression");
    expect(() => zooModel("char-lstm", { vocabluary: 3 })).toThrow('did you mean "vocabulary"?');
    expect(() => zooModel("2nn", { hidden: 3 })).toThrow("known are none");
    expect(() => zooModel("gin", { nodes: 0 })).toThrow("gin.nodes");
  });
});
