import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { importKerasModel } from "../../../shared/interchange/keras/importKerasModel.ts";
import type { Model } from "../../../shared/models/model.ts";
import { buildForwardGraph } from "../../../shared/models/trainingGraph.ts";
import { expectClose } from "../../support/expectClose.ts";
import { mutateMessage } from "../../support/mutate.ts";

interface KerasJson {
  modelTopology: { class_name: string; config: { name: string; layers: LayerJson[] } };
  weightsManifest: { weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
}

interface LayerJson {
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes?: unknown[];
}

interface Fixture {
  readonly name: string;
  readonly json: KerasJson;
  /** Base64. */
  readonly weights: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly shape: readonly [number, ...number[]];
}

const files = ["tensorflowjs", "keras3"].map((file): { version: string; file: string; models: Fixture[] } => ({
  file,
  ...JSON.parse(readFileSync(new URL(`../../fixtures/keras/${file}.json`, import.meta.url), "utf8")),
}));
const fixtures = files.flatMap(({ file, version, models }) =>
  models.map((model) => ({ ...model, name: `${model.name}, ${file} ${version}` })),
);

function fixture(name: string): Fixture {
  return structuredClone(fixtures.find((one) => one.name.startsWith(name))!);
}

function bytesOf({ weights }: Fixture): Uint8Array {
  return new Uint8Array(Buffer.from(weights, "base64"));
}

function forward(model: Model, params: Float32Array, x: readonly number[], batch: number): number[] {
  const feeds: Record<string, ArrayLike<number>> = { x };
  for (const { name, offset, length } of model.spec.entries) {
    feeds[`params.${name}`] = params.subarray(offset, offset + length);
  }
  return [...runReference(buildForwardGraph(model, batch), feeds).outputs[0]!];
}

/** What the activation that was left out would have given. */
function finish(outputs: readonly number[], leftOut: string | undefined, width: number): number[] {
  if (leftOut === "sigmoid") return outputs.map((value) => 1 / (1 + Math.exp(-value)));
  if (leftOut === undefined) return [...outputs];
  return outputs.map((value, i) => {
    const row = outputs.slice(i - (i % width), i - (i % width) + width);
    return Math.exp(value) / row.reduce((sum, other) => sum + Math.exp(other), 0);
  });
}

describe("importKerasModel", () => {
  it.each(fixtures)("gives the same outputs: $name", (one) => {
    const { model, params, leftOut } = importKerasModel(one.json, bytesOf(one));
    expect([one.shape[0], ...model.outputShape]).toEqual(one.shape);
    const outputs = finish(forward(model, params, one.x, one.shape[0]), leftOut, one.shape.at(-1)!);
    // Both round to f32 after each op, 6e-8 relative, a hundred ops at most.
    expectClose(outputs, one.y, { tolerance: 1e-5 });
  });

  it("leaves a softmax or sigmoid at the end out and takes the loss that means it", () => {
    const lossOf = (name: string): unknown[] => {
      const one = fixture(name);
      const { model, leftOut } = importKerasModel(one.json, bytesOf(one));
      return [leftOut, model.document.loss, model.document.layers.at(-1)!.kind];
    };
    expect(lossOf("image classifier")).toEqual(["softmax", "softmaxCrossEntropy", "linear"]);
    expect(lossOf("text")).toEqual(["sigmoid", "binaryCrossEntropyWithLogits", "linear"]);
    expect(lossOf("functional, tensorflowjs")).toEqual([undefined, "meanSquaredError", "linear"]);
    const one = fixture("functional, tensorflowjs");
    const { model } = importKerasModel(one.json, bytesOf(one), { scale: 0.5, offset: 1, loss: "huber" });
    expect(model.document.loss).toBe("huber");
    expect(model.document.input).toEqual({ shape: [6, 6, 1], scale: 0.5, offset: 1 });
  });

  it("names a layer that does not exist here, and those that do", () => {
    const one = fixture("image classifier");
    one.json.modelTopology.config.layers[4]!.class_name = "Conv2DTranspose";
    expect(() => importKerasModel(one.json, bytesOf(one))).toThrow(
      /^keras layer "max_pooling2d_MaxPooling2D1" is a Conv2DTranspose, which has no counterpart here; .*known are Activation, .*Conv2D, .*SpatialDropout2D$/,
    );
  });

  it.each<[string, string, (layers: LayerJson[]) => void, RegExp]>([
    [
      "image classifier",
      "another order of axes",
      set(0, "data_format", "channels_first"),
      /\(Conv2D\): "data_format" expected "channels_last", got "channels_first"/,
    ],
    [
      "image classifier",
      "a size below one",
      set(0, "filters", 0),
      /\(Conv2D\): "filters" expected a whole number >= 1, got 0/,
    ],
    [
      "image classifier",
      "a kernel of three sizes",
      set(0, "kernel_size", [1, 2, 3]),
      /"kernel_size" expected 2 whole numbers/,
    ],
    [
      "image classifier",
      "a filter that does not fit",
      set(3, "kernel_size", [9, 9]),
      /expected \[9, 9, 4, 2\], got \[2, 2, 4, 2\]/,
    ],
    ["image classifier", "a window that does not fit", set(4, "pool_size", [900, 1]), /\(MaxPooling2D\): .*900/],
    [
      "image classifier",
      "an unknown activation",
      set(2, "activation", "hard_sigmoid"),
      /"activation" expected "linear".*got "hard_sigmoid"/,
    ],
    ["image classifier", "a normalised axis in the middle", set(1, "axis", 1), /"axis" expected the last one, got 1/],
    ["image classifier", "a dropped share above one", set(9, "rate", 3), /\(Dropout\): no dropout can be so/],
    ["image classifier", "no input shape", set(0, "batch_input_shape", null), /expected an input shape/],
    [
      "image classifier",
      "an input without end",
      set(0, "batch_input_shape", [null, 2 ** 20, 2 ** 20, 2]),
      /at most 16777216 values/,
    ],
    [
      "text",
      "another gate",
      set(3, "recurrent_activation", "hard_sigmoid"),
      /"recurrent_activation" expected "sigmoid", got "hard_sigmoid"/,
    ],
    ["text", "a mask", set(0, "mask_zero", true), /"mask_zero" expected false, got true/],
    ["text", "states that last", set(3, "stateful", true), /"stateful" expected false/],
    ["text", "merged directions", set(1, "merge_mode", "sum"), /"merge_mode" expected "concat", got "sum"/],
    ["text", "no layer within", set(1, "layer", 5), /\(Bidirectional\): expected a layer within it/],
    ["text", "backward steps", set(2, "go_backwards", true), /"go_backwards" with "return_sequences"/],
    ["recurrent", "a reset before the product", set(3, "reset_after", false), /"reset_after" expected true/],
    [
      "series",
      "a shape that holds less",
      set(6, "target_shape", [3, -1]),
      /"target_shape" expected sizes that hold \[4\]/,
    ],
  ])("%s refuses %s", (name, _, change, message) => {
    const one = fixture(name);
    const topology = one.json.modelTopology as unknown as { model_config?: KerasJson["modelTopology"] };
    change((topology.model_config ?? one.json.modelTopology).config.layers);
    expect(() => importKerasModel(one.json, bytesOf(one))).toThrow(message);
  });

  it("refuses weights that are not exactly those of the layers", () => {
    const whole = bytesOf(fixture("series"));
    const refused = (change: (json: KerasJson) => void, bytes = whole): (() => unknown) => {
      const { json } = fixture("series");
      change(json);
      return () => importKerasModel(json, bytes);
    };
    const weightsOf = (json: KerasJson) => json.weightsManifest[0]!.weights;
    const first = (change: object) => (json: KerasJson) => void Object.assign(weightsOf(json)[0]!, change);
    expect(refused(first({}), whole.subarray(4))).toThrow(/expected \d+ bytes as the manifest says/);
    expect(refused(first({}), new Uint8Array(whole.length).fill(255))).toThrow(/finite/);
    expect(refused(first({ name: "other/kernel" }))).toThrow(/one ".*\/kernel", got none/);
    expect(refused(first({ dtype: "int32" }))).toThrow(/dtype" expected "float32"/);
    expect(refused(first({ quantization: {} }))).toThrow(/got a quantized one/);
    expect(refused(first({ shape: [2 ** 33] }))).toThrow(/shape/);
    expect(refused((json) => void weightsOf(json).push({ name: "a/b", shape: [0], dtype: "float32" }))).toThrow(
      /arrays of the model's layers, got "a\/b"/,
    );
  });

  it("refuses what is no chain of layers", () => {
    const one = fixture("functional, tensorflowjs");
    const layers = one.json.modelTopology.config.layers;
    const [, , pool, dense] = layers;
    pool!.inbound_nodes = dense!.inbound_nodes!;
    expect(() => importKerasModel(one.json, bytesOf(one))).toThrow(/one after the other, but ".*" feeds two layers/);
    dense!.inbound_nodes = [
      [
        ["a", 0, 0, {}],
        ["b", 0, 0, {}],
      ],
    ];
    expect(() => importKerasModel(one.json, bytesOf(one))).toThrow(/has 2 inputs/);
    dense!.inbound_nodes = [];
    expect(() => importKerasModel(one.json, bytesOf(one))).toThrow(/are both inputs/);
  });

  it("refuses with an error of its own, or reads, whatever a stranger changes", () => {
    const rng = createRng("keras", "strangers");
    for (const one of fixtures) {
      for (let i = 0; i < 40; i++) {
        const json = mutateMessage(one.json, rng);
        try {
          importKerasModel(json, bytesOf(one));
        } catch (error) {
          expect(String(error)).toMatch(/^(Type|Range)Error: (keras|model document|"|.*expected)/);
        }
      }
    }
  });

  it.each([
    [undefined],
    [null],
    [5],
    ["model"],
    [[]],
    [{}],
    [{ modelTopology: {} }],
    [{ modelTopology: { class_name: "Sequential", config: [] }, weightsManifest: [] }],
  ])("refuses %j", (json) => {
    expect(() => importKerasModel(json, new Uint8Array())).toThrow(TypeError);
  });
});

/** Sets one option of the layer at an index. */
function set(index: number, option: string, value: unknown): (layers: LayerJson[]) => void {
  return (layers) => {
    layers[index]!.config[option] = value;
  };
}
