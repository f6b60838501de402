import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { batchNorm } from "../../../shared/nn/layers/normalisation/batchNorm.ts";
import { linear, relu } from "../../../shared/nn/layers.ts";
import type { StrategyPlan } from "../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { clusteredData, expectSame, plan, request, twoLayers } from "./halves/halfWorld.ts";

const data = clusteredData(23);
const params = twoLayers.init(createRng("init"));

describe("createClientTrainer", () => {
  it.each<StrategyPlan>([
    { kind: "fedavg" },
    { kind: "fedadam", learningRate: 0.1 },
    { kind: "fedasync", alpha: 0.5, concurrency: 3 },
    { kind: "hierarchical", edges: 2, edgeRounds: 2 },
  ])("does exactly the local training where $kind asks for nothing else", (strategy) => {
    const expected = createLocalTrainer({ model: twoLayers, plan }).train({ params, data, rng: createRng("order") });
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy });
    const update = trainer.train(request({ params, data }));
    expectSame(update.delta, expected.delta);
    expect(update.metrics).toEqual({ trainLoss: expected.trainLoss });
    expect([update.kept.size, update.parts.size, trainer.keeps.size]).toEqual([0, 0, 0]);
  });

  it("trains the same in chunks as in one go", () => {
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "fedavg" } });
    const whole = trainer.train(request({ params, data }));
    const training = trainer.start(request({ params, data }));
    expect(training.stepsTotal).toBe(6); // ceil(23 / 10) · 2 epochs
    expect(() => training.finish()).toThrow(/expected 6 steps done, got 0/);
    while (training.run(1).stepsDone < training.stepsTotal);
    expect(training.finish()).toEqual(whole);
  });

  it("counts local steps for FedNova", () => {
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "fednova" } });
    expect(trainer.train(request({ params, data })).metrics.numSteps).toBe(6);
  });

  it.each<StrategyPlan>([
    { kind: "qfedavg", q: 1 },
    { kind: "afl", learningRate: 0.1, population: 10 },
  ])("tells the loss of the received params on the client's rows for $kind", (strategy) => {
    const rows = Uint32Array.of(1, 4, 5);
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy });
    const { metrics, delta } = trainer.train({ ...request({ params, data }), rows });
    const local = createLocalTrainer({ model: twoLayers, plan });
    expect(metrics.startLoss).toBe(local.evaluate(params, data, rows).loss);
    expectSame(delta, local.train({ params, data, rows, rng: createRng("order") }).delta);
  });

  it("adds FedProx's pull towards the received params", () => {
    const strategy: StrategyPlan = { kind: "fedavg", client: { kind: "fedprox", mu: 0.7 } };
    const expected = createLocalTrainer({ model: twoLayers, plan: { ...plan, penalties: { proximal: 0.7 } } });
    const { delta } = createClientTrainer({ model: twoLayers, plan, strategy }).train(request({ params, data }));
    expectSame(delta, expected.train({ params, data, rng: createRng("order") }).delta);
    const twice: LocalPlan = { ...plan, penalties: { proximal: 0.1 } };
    expect(() => createClientTrainer({ model: twoLayers, plan: twice, strategy })).toThrow(/leave it out/);
  });

  it("takes one step on all examples for FedSGD, by parts that give what one batch gives", () => {
    const trainer = createClientTrainer({
      model: twoLayers,
      plan: { ...plan, epochs: 1 },
      strategy: { kind: "fedsgd" },
    });
    const update = trainer.train(request({ params, data }));
    const whole = createLocalTrainer({ model: twoLayers, plan: { ...plan, epochs: 1, batchSize: 23 } });
    const expected = whole.train({ params, data, rng: createRng("order") });
    expect(update.numSteps).toBe(1);
    // Sums of 23 terms below 1 in another order.
    for (const [i, value] of update.delta.entries()) expect(Math.abs(value - expected.delta[i]!)).toBeLessThan(1e-6);
  });

  it("goes on with the private params that it kept, and no others", () => {
    const model = defineModel({
      name: "private-norm",
      input: { shape: [2] },
      layers: [linear(2, 3), batchNorm(3, { statistics: "private", affine: "private" }), relu(), linear(3, 2)],
      loss: "softmaxCrossEntropy",
    });
    const trainer = createClientTrainer({ model, plan, strategy: { kind: "fedavg" } });
    const whole = model.init(createRng("init"));
    const first = trainer.train(request({ params: whole, data }));
    expect([...first.kept.keys()]).toEqual(["personal"]);
    expect(first.delta.length).toBe(model.spec.sharedLength);
    const second = trainer.train({ ...request({ params: whole, data }), kept: first.kept });
    const own = whole.slice();
    own.set(first.kept.get("personal")!, model.spec.sharedLength);
    expectSame(trainer.ownParams({ ...request({ params: whole, data }), kept: first.kept }), own);
    expectSame(second.delta, trainer.train(request({ params: own, data })).delta);
    const wrong = new Map([["personal", new Float32Array(3)]]);
    expect(() => trainer.train({ ...request({ params: whole, data }), kept: wrong })).toThrow(
      /"personal" of what this client kept expected 12 elements, got 3/,
    );
  });

  it("judges what it received on the rows held out, and trains on the others only", () => {
    const rows = Uint32Array.from({ length: 15 }, (_, i) => i);
    const heldOut = Uint32Array.from({ length: 8 }, (_, i) => 15 + i);
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: { kind: "fedavg" } });
    const { metrics, delta } = trainer.train({ ...request({ params, data }), rows, heldOut });
    const local = createLocalTrainer({ model: twoLayers, plan });
    const judged = local.evaluate(params, data, heldOut);
    const { evalExamples, evalLoss, evalCorrect } = metrics;
    expect([evalExamples, evalLoss, evalCorrect]).toEqual([8, judged.loss, judged.numCorrect]);
    expectSame(delta, local.train({ params, data, rows, rng: createRng("order") }).delta);
  });
});
