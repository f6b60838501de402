import { describe, expect, it } from "vitest";
import { createRng, type Rng } from "../../../shared/base/rng.ts";
import { EngineInstance } from "../../../shared/engine/instance.ts";
import type { Shape } from "../../../shared/graph/tensor.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import type { LayerDocument } from "../../../shared/nn/layer.ts";
import { layerFromDocument } from "../../../shared/nn/layerFromDocument.ts";
import type { LossDocument } from "../../../shared/nn/losses/lossDocument.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { mutateJson } from "../../support/mutateJson.ts";

const linear = (inFeatures: number, outFeatures: number): LayerDocument => ({
  kind: "linear",
  inFeatures,
  outFeatures,
});
const windows = { strides: [1, 2], dilations: [1, 1], padding: [1, 0, 1, 0] };

/** Every op whose attributes say where it reads. */
const indexing: LayerDocument = {
  kind: "custom",
  name: "indexing",
  input: [4, 4, 2],
  params: { w: { shape: [2, 2, 2, 3], init: "heUniform" }, table: { shape: [5, 3], init: "heUniform" } },
  nodes: [
    { op: "conv2d", inputs: ["x", "w"], attributes: { kernel: [2, 2], ...windows } },
    { op: "maxPool2d", inputs: [0], attributes: { kernel: [2, 2], ...windows } },
    { op: "pad", inputs: [1], attributes: { axis: 1, before: 1, after: 0, interior: 2, value: 0.5 } },
    { op: "slice", inputs: [2], attributes: { axis: 1, start: 1, size: 3, stride: 2 } },
    { op: "reverse", inputs: [3], attributes: { axes: [1, 2] } },
    { op: "transpose", inputs: [4], attributes: { permutation: [0, 2, 1, 3] } },
    { op: "toInt", inputs: [5] },
    { op: "gather", inputs: ["table", 6], attributes: { missing: "zero" } },
    { op: "scatterAdd", inputs: [7, 6], attributes: { rows: 4 } },
    { op: "cumulativeSum", inputs: [8], attributes: { axis: 0, reverse: true } },
    { op: "broadcastTo", inputs: [9], attributes: { shape: [{ batch: 1 }, 4, 3] } },
    { op: "concat", inputs: [10, 10], attributes: { axis: 2 } },
    { op: "reshape", inputs: [11], attributes: { shape: [3, { batch: 8 }] } },
    { op: "constant", inputs: [], attributes: { value: 0, shape: [{ batch: 8 }] } },
    {
      op: "scan",
      inputs: [13, 12],
      attributes: { length: 3, numCarries: 1, numSequences: 1, reverse: true },
      body: { nodes: [{ op: "add", inputs: ["carry.0", "item.0"] }], outputs: [0, 0] },
    },
    { op: "scanOutput", inputs: [14], attributes: { index: 1 } },
    { op: "reduceMax", inputs: [15], attributes: { axes: [0] } },
    { op: "reshape", inputs: [16], attributes: { shape: [{ batch: 1 }, 8] } },
  ],
  output: 17,
} as unknown as LayerDocument;

const samples: readonly (readonly [
  name: string,
  input: Shape,
  layers: readonly LayerDocument[],
  loss: LossDocument,
])[] = [
  ["indexing", [4, 4, 2], [{ kind: "conv2d", inChannels: 2, outChannels: 2, kernel: 1 }, indexing], "meanSquaredError"],
  [
    "sequences",
    [6],
    [
      { kind: "embedding", vocabulary: 7, features: 4, paddingId: 0 },
      { kind: "learnedPositions", maxTime: 6, features: 4 },
      { kind: "transformerBlock", features: 4, heads: 2, mlpFeatures: 6, causal: true, dropout: 0.1 },
      { kind: "lstm", inFeatures: 4, units: 3, direction: "both", layers: 2 },
      { kind: "gru", inFeatures: 6, units: 2, output: "last" },
    ],
    { kind: "softmaxCrossEntropy", labelSmoothing: 0.1 },
  ],
  [
    "spikes",
    [5],
    [
      {
        kind: "spiking",
        steps: 4,
        encoding: "rate",
        readout: "membrane",
        layers: [linear(5, 3), { kind: "leakyIntegrateAndFire", decay: 0.9, reset: "zero" }, linear(3, 2)],
      },
    ],
    { kind: "huber", delta: 0.5 },
  ],
  [
    "graphs",
    [4, 7],
    [
      {
        kind: "denseGraph",
        nodes: 4,
        features: 3,
        layers: [
          { kind: "gat", inFeatures: 3, outFeatures: 2, heads: 2 },
          { kind: "graphSage", inFeatures: 4, outFeatures: 3, aggregator: "max" },
          { kind: "gin", layers: [linear(3, 3)] },
          { kind: "graphPool", pooling: "mean" },
        ],
      },
    ],
    "softmaxCrossEntropy",
  ],
  [
    "edges",
    [4 * 2 + 2 * 5],
    [
      {
        kind: "sparseGraph",
        nodes: 4,
        features: 2,
        edges: 5,
        layers: [
          { kind: "gcn", inFeatures: 2, outFeatures: 3 },
          { kind: "gat", inFeatures: 3, outFeatures: 6, heads: 1 },
          { kind: "graphPool", pooling: "max" },
        ],
      },
    ],
    { kind: "triplet", margin: 0.5 },
  ],
  [
    "complexes",
    [3 * 2 + 3 * 3 + 3],
    [
      {
        kind: "cellComplex",
        nodes: 3,
        edges: 3,
        cells: 1,
        features: 2,
        layers: [
          { kind: "cellConv", inFeatures: 2, outFeatures: 3 },
          { kind: "cellPool", pooling: "max", join: "concat" },
        ],
      },
    ],
    "binaryCrossEntropyWithLogits",
  ],
  [
    "views",
    [6],
    [{ kind: "variational", encoder: [linear(6, 4)], decoder: [linear(2, 6)], latent: 2 }],
    { kind: "variational", beta: 0.5 },
  ],
];

const plans: readonly LocalPlan[] = [
  { epochs: 1, batchSize: 3, optimizer: { kind: "adam", learningRate: 0.1 }, clip: { kind: "norm", bound: 1 } },
  { epochs: 1, batchSize: 3, optimizer: { kind: "sgd", learningRate: 0.1 }, perExampleClipNorm: 1 },
  { epochs: 1, batchSize: 5, microBatchSize: 2, optimizer: { kind: "lamb", learningRate: 0.1 } },
];

/** Little enough for a thousand programs to run. */
const limits = { workspaceBytes: 2 ** 22, operations: 2 ** 24 };

/** One step on values of all kinds: ids and labels that are none, and features that are not finite, are among them. */
function runOnce(json: unknown, plan: LocalPlan, rng: Rng): void {
  const model = modelFromDocument(parseModelDocument(json));
  if (model.spec.length > 2 ** 20) throw new RangeError("too many params for this test");
  const engine = new EngineInstance({ limits });
  const program = engine.compile(buildTrainingGraph(model, plan, plan.batchSize));
  for (const [name, { address, length }] of program.inputs) {
    const isInt = program.fused.inputs.get(name)!.dtype === "i32";
    const values = isInt ? engine.arena.i32(address, length) : engine.arena.f32(address, length);
    for (let i = 0; i < length; i++) values[i] = isInt ? rng.nextBelow(9) - 2 : (rng.nextBelow(40) - 8) / 4;
    if (!isInt && name === "x" && rng.nextBelow(4) === 0) values[0] = Number.NaN;
  }
  engine.run(program);
}

describe("programs of a stranger's model documents, seed 2", () => {
  it.each(samples)("around %s run or are refused with a reason", (name, shape, layers, loss) => {
    const built = layers.map(layerFromDocument);
    const { document } = defineModel({ name, input: { shape }, layers: built, loss });
    const rng = createRng(2, name);
    let ran = 0;
    runOnce(document, plans[0]!, rng);
    for (let i = 0; i < 120; i++) {
      const { input } = document;
      const part = rng.nextBelow(8);
      const mutated = {
        ...document,
        ...(part === 0 && { input: mutateJson(input, rng) }),
        ...(part === 1 && { loss: mutateJson(document.loss, rng) }),
        ...(part > 1 && { layers: mutateJson(document.layers, rng) }),
      };
      try {
        runOnce(mutated, plans[i % plans.length]!, rng);
        ran++;
      } catch (error) {
        // A trap of WebAssembly is neither, nor a view that leaves its array.
        expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
        expect((error as Error).message).not.toMatch(
          /properties of|is not a function|is not iterable|call stack|array length|reaches|before it was lowered|has no kernel/,
        );
      }
    }
    expect(ran).toBeGreaterThan(0);
    expect(ran).toBeLessThan(100);
  });
});
