import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { constant, input } from "../../../shared/graph/ops.ts";
import type { GradientClip } from "../../../shared/optim/gradientClip.ts";
import { type OptimizationPlan, optimizeParams } from "../../../shared/optim/optimizeParams.ts";
import {
  OPTIMIZER_NAMES,
  type OptimizerPlan,
  optimizerFromPlan,
  optimizerPlanSchema,
} from "../../../shared/optim/optimizerPlan.ts";
import { type Schedule, scheduleFactor, scheduleSchema } from "../../../shared/optim/schedule.ts";
import { runEngine } from "../../support/runEngine.ts";

interface Run {
  readonly initial: readonly number[];
  readonly grads: readonly (readonly number[])[];
  readonly after: readonly (readonly number[])[];
}

interface Fixture {
  readonly torch: string;
  readonly shapes: readonly (readonly number[])[];
  readonly optimizers: readonly (Run & { readonly plan: OptimizerPlan })[];
  readonly clips: readonly (Run & { readonly plan: OptimizerPlan; readonly clip: GradientClip })[];
  readonly schedules: readonly { readonly schedule: Schedule; readonly factors: readonly number[] }[];
}

// Made by test/fixtures/torch/optimizers.py.
const fixtureUrl = new URL("../../fixtures/torch/optimizers.json", import.meta.url);
const { torch, shapes, optimizers, clips, schedules } = JSON.parse(readFileSync(fixtureUrl, "utf8")) as Fixture;

/** Params after each step on the WebAssembly engine. */
function steps(plan: OptimizationPlan, { initial, grads }: Run): number[][] {
  const sizes = shapes.map((shape) => shape.reduce((product, size) => product * size, 1));
  const split = (flat: readonly number[]): number[][] => {
    const rest = [...flat];
    return sizes.map((size) => rest.splice(0, size));
  };
  const params = shapes.map((shape, i) => ({
    name: String(i),
    param: input(`params.${i}`, shape),
    grad: input(`grad.${i}`, shape),
  }));
  const { state, hyper, updates } = optimizeParams(plan, params);
  const leaves = [...params.flatMap(({ param, grad }) => [param, grad]), ...state, ...hyper];
  const graph = createGraph({ inputs: leaves, outputs: [], updates });
  const feeds: Record<string, ArrayLike<number>> = {};
  split(initial).forEach((values, i) => {
    feeds[`params.${i}`] = values;
  });
  for (const { attributes, shape } of state) {
    feeds[String(attributes.name)] = new Float32Array(shape.reduce((product, size) => product * size, 1));
  }
  for (const [name, value] of Object.entries(optimizerFromPlan(plan.optimizer).hyper)) feeds[`hyper.${name}`] = [value];
  return grads.map((grad) => {
    split(grad).forEach((values, i) => {
      feeds[`grad.${i}`] = values;
    });
    runEngine(graph, feeds).updates.forEach((values, i) => {
      feeds[String(graph.updates[i]!.target.attributes.name)] = values;
    });
    return params.flatMap((_, i) => Array.from(feeds[`params.${i}`]!));
  });
}

/** Values are below 3; both compute in f32 in another order: 2e-6 is about 8 roundings. */
function expectSteps(actual: readonly number[][], expected: Run["after"]): void {
  actual.forEach((params, step) => {
    params.forEach((value, i) => {
      expect(Math.abs(value - expected[step]![i]!), `step ${step}, param ${i}`).toBeLessThan(2e-6);
    });
  });
}

describe(`optimizers, against PyTorch ${torch}`, () => {
  for (const run of optimizers) {
    it(`take the same steps: ${JSON.stringify(run.plan)}`, () => {
      expect(v.parse(optimizerPlanSchema, run.plan)).toEqual(run.plan);
      expectSteps(steps({ optimizer: run.plan }, run), run.after);
    });
  }

  it("are all compared", () => {
    expect([...new Set(optimizers.map(({ plan }) => plan.kind))].sort()).toEqual([...OPTIMIZER_NAMES].sort());
  });

  for (const run of clips) {
    it(`clip gradients alike: ${JSON.stringify(run.clip)}`, () => {
      expectSteps(steps({ optimizer: run.plan, clip: run.clip }, run), run.after);
    });
  }
});

describe(`schedules, against PyTorch ${torch}`, () => {
  const factors = (schedule: Schedule, count: number): number[] =>
    Array.from({ length: count }, (_, step) => {
      const graph = createGraph({ inputs: [], outputs: [scheduleFactor(schedule, constant(step))] });
      return runEngine(graph, {}).outputs[0]![0]!;
    });

  for (const { schedule, factors: expected } of schedules) {
    it(`give the same factors: ${JSON.stringify(schedule)}`, () => {
      expect(v.parse(scheduleSchema, schedule)).toEqual(schedule);
      factors(schedule, expected.length).forEach((factor, step) => {
        // At most 1, in f32: a few roundings.
        expect(Math.abs(factor - expected[step]!), `step ${step}`).toBeLessThan(5e-7);
      });
    });
  }

  it("warm up in a line and then count from there", () => {
    const schedule: Schedule = { kind: "warmUp", steps: 4, after: { kind: "exponential", factor: 0.5 } };
    expect(factors(schedule, 7)).toEqual([0.25, 0.5, 0.75, 1, 1, 0.5, 0.25]);
    expect(factors({ kind: "warmUp", steps: 2 }, 4)).toEqual([0.5, 1, 1, 1]);
    expect(factors({ kind: "constant" }, 2)).toEqual([1, 1]);
  });

  it("scale the learning rate of the step they belong to", () => {
    const run: Run = { initial: new Array(16).fill(1), grads: [1, 1, 1].map(() => new Array(16).fill(1)), after: [] };
    const plan: OptimizationPlan = {
      optimizer: { kind: "sgd", learningRate: 0.5 },
      schedule: { kind: "exponential", factor: 0.5 },
    };
    expect(steps(plan, run).map(([first]) => first)).toEqual([0.5, 0.25, 0.125]); // - 0.5, - 0.25, - 0.125
  });
});

describe("plans out of their bounds", () => {
  it.each([
    [{ kind: "sgd", learningRate: 0 }],
    [{ kind: "adam", learningRate: 0.1, beta1: 1 }],
    [{ kind: "adam", learningRate: 0.1, epsilon: 0 }],
    [{ kind: "lamb", learningRate: 0.1, momentum: 0.9 }],
    [{ kind: "adamax", learningRate: 0.1 }],
  ])("are refused: %j", (plan) => {
    expect(v.safeParse(optimizerPlanSchema, plan).success).toBe(false);
  });

  it("nesterov needs a momentum", () => {
    expect(() => optimizerFromPlan({ kind: "sgd", learningRate: 1, nesterov: true })).toThrow('"nesterov" expected');
  });
});
