import { describe, expect, it } from "vitest";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { createPredictor } from "../../../shared/train/createPredictor.ts";

const model = defineModel({
  name: "two-classes",
  input: { shape: [2], scale: 0.5, offset: 0 },
  layers: [linear(2, 2)],
  loss: "softmaxCrossEntropy",
});
// w = [[1, 0], [0, 1]], b = [0, 0.5]: logits are x/2 + [0, 0.5].
const params = Float32Array.of(1, 0, 0, 1, 0, 0.5);

describe("createPredictor", () => {
  it("preprocesses raw rows and gives logits, probabilities and the class of each", () => {
    const [first, second] = createPredictor({ model, params }).predict(Uint8Array.of(4, 0, 0, 3));
    expect(first?.outputs).toEqual(Float32Array.of(2, 0.5));
    expect(first?.label).toBe(0);
    expect(first?.probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 6);
    expect(second?.outputs).toEqual(Float32Array.of(0, 2));
    expect(second?.label).toBe(1);
  });

  it("says how long a row is when the inputs are no whole rows", () => {
    const predictor = createPredictor({ model, params });
    expect(() => predictor.predict(new Float32Array(3))).toThrow('"inputs" expected rows of 2 numbers, got 3 numbers');
    expect(() => predictor.predict(new Float32Array(0))).toThrow("got 0 numbers");
  });

  it("follows params that are updated in place", () => {
    const changing = params.slice();
    const predictor = createPredictor({ model, params: changing });
    changing.fill(0);
    expect(predictor.predict(Uint8Array.of(4, 0))[0]?.outputs).toEqual(Float32Array.of(0, 0));
  });

  it("gives a class for each position of a sequence", () => {
    const layers = [linear(1, 2)];
    const sequence = defineModel({ name: "s", input: { shape: [3, 1] }, layers, loss: "softmaxCrossEntropy" });
    // Logits of a value x: (x, 1).
    const [only] = createPredictor({ model: sequence, params: Float32Array.of(1, 0, 0, 1) }).predict(
      Float32Array.of(0, 3, 1),
    );
    expect([...only!.labels]).toEqual([1, 0, 0]); // of equal logits the first
    expect(only!.label).toBe(1);
    expect([...only!.probabilities.slice(4)]).toEqual([0.5, 0.5]);
    expect(only!.probabilities[2]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  });

  it("gives a chance and an answer for each yes-or-no output", () => {
    const layers = [linear(1, 2)];
    const logistic = defineModel({ name: "l", input: { shape: [1] }, layers, loss: "binaryCrossEntropyWithLogits" });
    const [only] = createPredictor({ model: logistic, params: Float32Array.of(1, -1, 0, 0) }).predict(Uint8Array.of(2));
    expect([...only!.labels]).toEqual([1, 0]);
    expect(only!.probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(only!.probabilities[0]! + only!.probabilities[1]!).toBeCloseTo(1, 6);
  });

  it("gives values as they are where no classes are told apart", () => {
    const line = defineModel({ name: "l", input: { shape: [1] }, layers: [linear(1, 1)], loss: "meanSquaredError" });
    const [only] = createPredictor({ model: line, params: Float32Array.of(2, 1) }).predict(Float32Array.of(3));
    expect([...only!.outputs]).toEqual([7]);
    expect([only!.label, only!.labels.length, only!.probabilities.length]).toEqual([-1, 0, 0]);
  });
});
