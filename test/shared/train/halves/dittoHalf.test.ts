import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { StrategyPlan } from "../../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../../shared/train/createLocalTrainer.ts";
import {
  clusteredData,
  expectNear,
  expectSame,
  line,
  lineData,
  lineGradient,
  plan,
  request,
  twoLayers,
} from "./halfWorld.ts";

const ditto = (lambda: number, epochs?: number): StrategyPlan => ({
  kind: "fedavg",
  client: { kind: "ditto", lambda, ...(epochs !== undefined && { epochs }) },
});

describe("dittoHalf", () => {
  it("sends what FedAvg would, and keeps a personal model pulled to the received one, on a line by hand", () => {
    const lambda = 0.8;
    const trainer = createClientTrainer({ model: line, plan, strategy: ditto(lambda, 3) });
    const received = [0.5, -0.25];
    const own = [-1, 2];
    const kept = new Map([["ditto", Float32Array.from(own)]]);
    const given = request({ params: Float32Array.from(received), data: lineData, kept });
    expectSame(trainer.ownParams(given), Float32Array.from(own));
    const update = trainer.train(given);
    let w = received;
    for (let step = 0; step < 2; step++) {
      const g = lineGradient(w);
      w = w.map((value, i) => value - 0.1 * g[i]!);
    }
    expectNear(
      update.delta,
      w.map((value, i) => value - received[i]!),
      1e-6,
    );
    let v = own;
    for (let step = 0; step < 3; step++) {
      const g = lineGradient(v);
      v = v.map((value, i) => value - 0.1 * (g[i]! + lambda * (value - received[i]!)));
    }
    expectNear(update.kept.get("ditto")!, v, 1e-6);
  });

  it("is local training with lambda 0, and stays at the received params with a large one", () => {
    const data = clusteredData(7); // one batch: its order does not matter beyond rounding
    const params = twoLayers.init(createRng("init"));
    const before = twoLayers.init(createRng("own"));
    const kept = new Map([["ditto", before]]);
    const alone = createClientTrainer({ model: twoLayers, plan, strategy: ditto(0) });
    const local = createLocalTrainer({ model: twoLayers, plan });
    const trained = local.train({ params: before, data, rng: createRng("order") });
    expectNear(
      alone.train(request({ params, data, kept })).kept.get("ditto")!,
      [...before].map((value, i) => value + trained.delta[i]!),
      1e-5,
    );
    // Rate 0.1 and lambda 10 put it onto the received params at each step, but for the step's gradient.
    const held = createClientTrainer({ model: twoLayers, plan, strategy: ditto(10) });
    const near = held.train(request({ params, data, kept })).kept.get("ditto")!;
    const away = (from: Float32Array): number => Math.max(...near.map((value, i) => Math.abs(value - from[i]!)));
    expect(away(params)).toBeLessThan(0.1);
    expect(away(before)).toBeGreaterThan(0.5);
  });

  it("judges the personal model, begun as the received one", () => {
    const data = clusteredData(20);
    const params = twoLayers.init(createRng("init"));
    const rows = Uint32Array.from({ length: 12 }, (_, i) => i);
    const heldOut = Uint32Array.from({ length: 8 }, (_, i) => 12 + i);
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: ditto(1) });
    const local = createLocalTrainer({ model: twoLayers, plan });
    const first = trainer.train(request({ params, data, rows, heldOut }));
    expect(first.metrics.evalLoss).toBe(local.evaluate(params, data, heldOut).loss);
    const second = trainer.train(request({ params, data, rows, heldOut, kept: first.kept }));
    expect(second.metrics.evalLoss).toBe(local.evaluate(first.kept.get("ditto")!, data, heldOut).loss);
    expect(second.metrics.evalLoss).not.toBe(first.metrics.evalLoss);
  });

  it("counts both trainings as progress, whatever the chunks", () => {
    const data = clusteredData(23);
    const params = twoLayers.init(createRng("init"));
    const trainer = createClientTrainer({ model: twoLayers, plan, strategy: ditto(1, 1) });
    const whole = trainer.train(request({ params, data }));
    const training = trainer.start(request({ params, data }));
    expect(training.stepsTotal).toBe(6 + 3);
    const seen = [4, 4, 4].map((steps) => training.run(steps).stepsDone);
    expect(seen).toEqual([4, 8, 9]);
    expect(training.finish()).toEqual(whole);
    expect(() => trainer.start(request({ params, data })).finish()).toThrow(/expected 9 steps done, got 0/);
  });
});
