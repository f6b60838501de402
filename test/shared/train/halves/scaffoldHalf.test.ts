import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { defineModel } from "../../../../shared/models/defineModel.ts";
import { batchNorm, linear, tanh } from "../../../../shared/nn/layers.ts";
import type { SgdPlan } from "../../../../shared/optim/sgd.ts";
import type { StrategyPlan } from "../../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../../shared/train/createLocalTrainer.ts";
import type { LocalPlan } from "../../../../shared/train/localPlan.ts";
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

const strategy: StrategyPlan = { kind: "scaffold", population: 10 };

describe("scaffoldHalf", () => {
  it("takes two corrected steps and moves its control variate as option II does, on a line by hand", () => {
    const trainer = createClientTrainer({ model: line, plan, strategy });
    const x = [0.5, -0.25]; // received w, b
    const c = [0.2, -0.1];
    const own = [-0.3, 0.4];
    const update = trainer.train(
      request({
        params: Float32Array.from(x),
        data: lineData,
        handouts: new Map([["control", Float32Array.from(c)]]),
        kept: new Map([["control", Float32Array.from(own)]]),
      }),
    );
    // y <- y - 0.1 · (g(y) + c - cᵢ), twice: two epochs of one batch.
    let y = x;
    for (let step = 0; step < 2; step++) {
      const g = lineGradient(y);
      y = y.map((value, i) => value - 0.1 * (g[i]! + c[i]! - own[i]!));
    }
    const next = own.map((value, i) => value - c[i]! + (x[i]! - y[i]!) / (2 * 0.1));
    expectNear(
      update.delta,
      y.map((value, i) => value - x[i]!),
      1e-6,
    );
    expectNear(update.kept.get("control")!, next, 1e-5);
    expectNear(
      update.parts.get("control")!,
      next.map((value, i) => value - own[i]!),
      1e-5,
    );
    expect([...update.parts.keys()]).toEqual(["control"]);
  });

  it("trains as FedAvg while both control variates are zero, and begins with zero", () => {
    const params = twoLayers.init(createRng("init"));
    const data = clusteredData(23);
    const handouts = new Map([["control", new Float32Array(params.length)]]);
    const { delta, kept, parts } = createClientTrainer({ model: twoLayers, plan, strategy }).train(
      request({ params, data, handouts }),
    );
    const local = createLocalTrainer({ model: twoLayers, plan });
    // The rounding of six steps: a correction is added even where it is zero.
    expectNear(delta, [...local.train({ params, data, rng: createRng("order") }).delta], 1e-6);
    expectSame(kept.get("control")!, parts.get("control")!);
    expectNear(
      kept.get("control")!,
      [...delta].map((moved) => -moved / 0.6),
      1e-6,
    ); // 6 steps at 0.1
  });

  it.each<[string, Partial<SgdPlan>, Pick<LocalPlan, "schedule">]>([
    ["a step schedule", {}, { schedule: { kind: "step", every: 2, factor: 0.5 } }],
    ["an exponential one", {}, { schedule: { kind: "exponential", factor: 0.9 } }],
    ["one that warms up", {}, { schedule: { kind: "warmUp", steps: 4 } }],
    ["momentum", { momentum: 0.5 }, {}],
    ["Nesterov's", { momentum: 0.5, nesterov: true }, {}],
    ["momentum and a schedule", { momentum: 0.5 }, { schedule: { kind: "step", every: 2, factor: 0.5 } }],
  ])("keeps the gradient, where that hardly changes on the way, with %s", (_, changes, further) => {
    const optimizer = { kind: "sgd", learningRate: 1e-5, ...changes } as const;
    const x = [0.5, -0.25];
    const expected = lineGradient(x);
    const trainer = createClientTrainer({ model: line, plan: { ...plan, epochs: 6, optimizer, ...further }, strategy });
    const handouts = new Map([["control", new Float32Array(2)]]);
    const { kept } = trainer.train(request({ params: Float32Array.from(x), data: lineData, handouts }));
    const tolerance = 0.01 * Math.min(...expected.map(Math.abs));
    expectNear(kept.get("control")!, expected, tolerance);
  });

  it("takes one learning rate schedule for clients of many sizes", () => {
    const schedule = { kind: "exponential", factor: 0.9 } as const;
    const params = twoLayers.init(createRng("init"));
    const handouts = new Map([["control", new Float32Array(params.length)]]);
    const trainer = createClientTrainer({ model: twoLayers, plan: { ...plan, schedule }, strategy });
    for (const numExamples of [23, 51, 8, 70]) {
      const { delta, kept } = trainer.train(request({ params, data: clusteredData(numExamples), handouts }));
      const numSteps = 2 * Math.ceil(numExamples / 10);
      const reach = 1 - 0.9 ** numSteps; // 0.1 · (1 - 0.9^K) / (1 - 0.9)
      expectNear(
        kept.get("control")!,
        [...delta].map((moved) => -moved / reach),
        1e-6,
      );
    }
  });

  it("with momentum keeps the mean gradient, corrected before the momentum, on a line by hand", () => {
    const optimizer = { kind: "sgd", learningRate: 0.1, momentum: 0.9 } as const;
    const trainer = createClientTrainer({ model: line, plan: { ...plan, optimizer }, strategy });
    const x = [0.5, -0.25];
    const c = [0.2, -0.1];
    const own = [-0.3, 0.4];
    const { delta, kept } = trainer.train(
      request({
        params: Float32Array.from(x),
        data: lineData,
        handouts: new Map([["control", Float32Array.from(c)]]),
        kept: new Map([["control", Float32Array.from(own)]]),
      }),
    );
    const first = lineGradient(x);
    const v = first.map((g, i) => g + c[i]! - own[i]!);
    const between = x.map((value, i) => value - 0.1 * v[i]!);
    const second = lineGradient(between);
    const y = between.map((value, i) => value - 0.1 * (0.9 * v[i]! + second[i]! + c[i]! - own[i]!));
    expectNear(
      delta,
      y.map((value, i) => value - x[i]!),
      1e-6,
    );
    // The first gradient moves 1 + 0.9 rates, the second one.
    expectNear(
      kept.get("control")!,
      first.map((g, i) => (1.9 * g + second[i]!) / 2.9),
      1e-5,
    );
  });

  it("has no control variate for statistics, which still travel, nor for private params", () => {
    const model = defineModel({
      name: "normed",
      input: { shape: [2] },
      layers: [linear(2, 3), batchNorm(3, { affine: "private" }), tanh(), linear(3, 2)],
      loss: "softmaxCrossEntropy",
    });
    const { spec } = model;
    const params = model.init(createRng("init"));
    const handouts = new Map([["control", new Float32Array(spec.sharedLength).fill(0.5)]]);
    const trainer = createClientTrainer({ model, plan, strategy });
    const { delta, kept } = trainer.train(request({ params, data: clusteredData(23), handouts }));
    const control = kept.get("control")!;
    for (const { kind, scope, offset, length } of spec.entries) {
      if (scope === "private") continue;
      const isZero = [...control.subarray(offset, offset + length)].every((value) => value === 0);
      expect(isZero).toBe(kind === "statistic");
      expect(delta.subarray(offset, offset + length).every((moved) => moved !== 0)).toBe(true);
    }
    expect(control.length).toBe(spec.sharedLength);
    expect(kept.get("personal")!.length).toBe(6);
  });

  it("refuses what makes its control variates wrong, and says why", () => {
    const given = { model: line, strategy };
    const adam = { kind: "adam", learningRate: 0.1 } as const;
    expect(() => createClientTrainer({ ...given, plan: { ...plan, optimizer: adam } })).toThrow(
      /"sgd", got "adam": .* weighted sum of the gradients/,
    );
    const clip = { kind: "norm", bound: 1 } as const;
    expect(() => createClientTrainer({ ...given, plan: { ...plan, clip } })).toThrow(/without clip/);
    const trainer = createClientTrainer({ ...given, plan });
    expect(() => trainer.train(request({ params: new Float32Array(2), data: lineData }))).toThrow(
      /handout "control" expected 2 elements, got none/,
    );
  });
});
