import { expect } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { Dataset } from "../../../../shared/data/dataset.ts";
import { defineModel } from "../../../../shared/models/defineModel.ts";
import { linear, tanh } from "../../../../shared/nn/layers.ts";
import type { ClientRequest } from "../../../../shared/train/clientHalf.ts";
import type { LocalPlan } from "../../../../shared/train/localPlan.ts";

// A world small enough for a twin in a few lines: what the tests of the halves share.

export const plan: LocalPlan = { epochs: 2, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } };

export const twoLayers = defineModel({
  name: "two-layers",
  input: { shape: [2] },
  layers: [linear(2, 4), tanh(), linear(4, 2)],
  loss: "softmaxCrossEntropy",
});

/** y = w·x + b with squared loss: gradients in closed form. */
export const line = defineModel({
  name: "line",
  input: { shape: [1] },
  layers: [linear(1, 1)],
  loss: "meanSquaredError",
});

/** Points of two classes around (1, 0) and (-1, 0); `turn` swaps the classes. */
export function clusteredData(numExamples: number, { turn = false } = {}): Dataset {
  const rng = createRng("clusters", numExamples);
  const labels = Uint8Array.from({ length: numExamples }, () => rng.nextBelow(2));
  const inputs = Float32Array.from({ length: 2 * numExamples }, (_, i) => {
    const centre = i % 2 === 0 ? 2 * labels[i >> 1]! - 1 : 0;
    return centre + rng.nextFloat() - 0.5;
  });
  const targets = turn ? labels.map((label) => 1 - label) : labels;
  return { numExamples, inputShape: [2], inputs, targets, targetSize: 1 };
}

export function request(given: Pick<ClientRequest, "params" | "data"> & Partial<ClientRequest>): ClientRequest {
  return { handouts: new Map(), kept: new Map(), rng: createRng("order"), ...given };
}

export function expectSame(actual: Float32Array, expected: Float32Array): void {
  expect(Buffer.from(actual.buffer, actual.byteOffset, actual.byteLength).toString("hex")).toBe(
    Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength).toString("hex"),
  );
}

export function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(tolerance);
}

/** Four points, one batch. */
export const lineData: Dataset = {
  numExamples: 4,
  inputShape: [1],
  inputs: Float32Array.of(-1, 0.5, 1, 2),
  targets: Float32Array.of(-0.5, 0, 1.5, 1),
  targetSize: 1,
};

/** Gradient of mean (w x + b - t)² over `lineData` with respect to (w, b). */
export function lineGradient([w, b]: readonly number[]): number[] {
  const errors = [...lineData.inputs].map((x, i) => w! * x + b! - lineData.targets[i]!);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean(errors.map((error, i) => 2 * error * lineData.inputs[i]!)), mean(errors.map((error) => 2 * error))];
}
