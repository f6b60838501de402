import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { defineModel } from "../../../../shared/models/defineModel.ts";
import { batchNorm, linear, tanh } from "../../../../shared/nn/layers.ts";
import type { StrategyPlan } from "../../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../../shared/train/createLocalTrainer.ts";
import { clusteredData, expectNear, plan, request, twoLayers } from "./halfWorld.ts";

const moon = (mu: number, temperature = 0.5): StrategyPlan => ({
  kind: "fedavg",
  client: { kind: "moon", mu, temperature },
});
const data = clusteredData(9); // one batch
const oneStep = { ...plan, epochs: 1 };
const received = twoLayers.init(createRng("received"));
const last = twoLayers.init(createRng("last"));

/** tanh(x·w + b) of each example: what the second linear layer is given. */
function representations(params: ArrayLike<number>): number[][] {
  return Array.from({ length: data.numExamples }, (_, row) =>
    Array.from({ length: 4 }, (_, k) => {
      const sum = data.inputs[2 * row]! * at(params, "w", k) + data.inputs[2 * row + 1]! * at(params, "w", 4 + k);
      return Math.tanh(sum + at(params, "b", k));
    }),
  );
}

function at(params: ArrayLike<number>, array: "w" | "b", k: number): number {
  const { offset } = twoLayers.spec.entries.find(({ name }) => name === `layers.0.${array}`)!;
  return params[offset + k]!;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (u: readonly number[], v: readonly number[]): number =>
    u.reduce((sum, value, i) => sum + value * v[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** The mean of eq. 3 of the paper, in doubles. */
function contrast(params: ArrayLike<number>, temperature: number): number {
  const [own, global, previous] = [params, received, last].map(representations);
  const terms = own!.map((z, i) => {
    const near = Math.exp(cosine(z, global![i]!) / temperature);
    const far = Math.exp(cosine(z, previous![i]!) / temperature);
    return -Math.log(near / (near + far));
  });
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

describe("moonHalf", () => {
  it("adds the gradient of the model-contrastive loss, as differences of its formula give it", () => {
    // Away from the received params, where the term is flat in one direction: the second step of two.
    const mu = 3;
    const kept = new Map([["previous", last]]);
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: moon(mu) });
    const two = trainer.train(request({ params: received, data, kept }));
    const one = createClientTrainer({ model: twoLayers, plan: oneStep, strategy: moon(mu) }).train(
      request({ params: received, data, kept }),
    );
    const after = [...received].map((value, i) => value + one.delta[i]!);
    const plain = createLocalTrainer({ model: twoLayers, plan: oneStep }).train({
      params: Float32Array.from(after),
      data,
      rng: createRng("order"),
    });
    const step = 1e-5;
    const gradient = after.map((_, i) => {
      const moved = (by: number): number[] => after.map((value, k) => (k === i ? value + by : value));
      return (contrast(moved(step), 0.5) - contrast(moved(-step), 0.5)) / (2 * step);
    });
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.01);
    const expected = gradient.map((g, i) => one.delta[i]! + plain.delta[i]! - 0.1 * mu * g);
    expectNear(two.delta, expected, 2e-6);
  });

  it("begins with the received model as its previous one, then keeps its local one", () => {
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: moon(5) });
    const first = trainer.train(request({ params: received, data }));
    const same = trainer.train(request({ params: received, data, kept: new Map([["previous", received]]) }));
    expect(first.delta).toEqual(same.delta);
    expectNear(
      first.kept.get("previous")!,
      [...received].map((value, i) => value + first.delta[i]!),
      1e-6,
    );
    // Both terms alike: their ratio, and so the loss, does not depend on the params.
    const plain = createLocalTrainer({ model: twoLayers, plan });
    expectNear(first.delta, [...plain.train({ params: received, data, rng: createRng("order") }).delta], 1e-5);
  });

  it("reports the loss without its term", () => {
    const kept = new Map([["previous", last]]);
    const { metrics } = createClientTrainer({ model: twoLayers, plan: oneStep, strategy: moon(100) }).train(
      request({ params: received, data, kept }),
    );
    const { loss } = createLocalTrainer({ model: twoLayers, plan }).evaluate(received, data);
    expect(Math.abs(metrics.trainLoss! - loss)).toBeLessThan(1e-6);
  });

  it("trains models with statistics and private params", () => {
    const model = defineModel({
      name: "normed",
      input: { shape: [2] },
      layers: [linear(2, 3), batchNorm(3, { statistics: "private" }), tanh(), linear(3, 2)],
      loss: "softmaxCrossEntropy",
    });
    const trainer = createClientTrainer({ model, plan, strategy: moon(1) });
    const params = model.init(createRng("init"));
    const first = trainer.train(request({ params, data }));
    expect(first.kept.get("previous")!.length).toBe(model.spec.length);
    expect(trainer.train(request({ params, data, kept: first.kept })).delta).not.toEqual(first.delta);
  });

  it("refuses a model whose representation is its input, and gradients by parts", () => {
    const flat = defineModel({
      name: "flat",
      input: { shape: [2] },
      layers: [linear(2, 2)],
      loss: "softmaxCrossEntropy",
    });
    expect(() => createClientTrainer({ model: flat, plan, strategy: moon(1) })).toThrow(/before its last layer/);
    const byParts = { ...plan, microBatchSize: 2 };
    expect(() => createClientTrainer({ model: twoLayers, plan: byParts, strategy: moon(1) })).toThrow(
      /without microBatchSize; leave it out/,
    );
  });
});
