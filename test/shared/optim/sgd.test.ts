import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { buildTrainingGraph } from "../../../shared/models/trainingGraph.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import type { LossName } from "../../../shared/nn/losses/lossDocument.ts";
import { sgd } from "../../../shared/optim/sgd.ts";

interface Fixture {
  readonly torch: string;
  readonly cases: readonly {
    readonly loss: LossName;
    readonly optimizer: { readonly learningRate: number; readonly momentum: number; readonly weightDecay: number };
    readonly params: readonly number[];
    readonly steps: readonly {
      readonly batch: number;
      readonly x: readonly number[];
      readonly targets: readonly number[];
      readonly meanLoss: number;
      readonly params: readonly number[];
    }[];
  }[];
}

// Made by test/fixtures/torch/tinyNet.py.
const fixtureUrl = new URL("../../fixtures/torch/tinyNet.json", import.meta.url);
const { torch, cases } = JSON.parse(readFileSync(fixtureUrl, "utf8")) as Fixture;

describe("sgd", () => {
  for (const { loss, optimizer, params, steps } of cases) {
    it(`takes the steps of PyTorch ${torch} with momentum and weight decay, short last batch included, under ${loss}`, () => {
      const layers = [linear(3, 4), tanh(), linear(4, 2)];
      const model = defineModel({ name: "tiny", input: { shape: [3] }, layers, loss });
      const { entries } = model.spec;
      const feeds: Record<string, ArrayLike<number>> = {};
      for (const { name, offset, length } of entries) {
        feeds[`params.${name}`] = params.slice(offset, offset + length);
        feeds[`state.momentum.${name}`] = new Float32Array(length);
      }
      for (const [name, value] of Object.entries(optimizer)) feeds[`hyper.${name}`] = [value];

      for (const step of steps) {
        const plan = { epochs: 1, batchSize: 5, optimizer: { kind: "sgd", ...optimizer } } as const;
        const graph = buildTrainingGraph(model, plan, step.batch);
        const { outputs, updates } = runReference(graph, { ...feeds, x: step.x, targets: step.targets });
        graph.updates.forEach(({ target }, i) => {
          feeds[String(target.attributes.name)] = updates[i]!;
        });
        const stepped = entries.flatMap(({ name }) => Array.from(feeds[`params.${name}`]!));
        // Both compute in f32 in another order; values are below 2, so 1e-6 is about 8 roundings.
        expect(Math.abs(outputs[0]![0]! / step.batch - step.meanLoss)).toBeLessThan(1e-6);
        const worst = Math.max(...stepped.map((value, i) => Math.abs(value - step.params[i]!)));
        expect(worst).toBeLessThan(1e-6);
      }
    });
  }

  it("leaves momentum and weight decay out of the graph where they are 0", () => {
    expect(sgd({ learningRate: 0.1 })).toMatchObject({ slots: [], hyper: { learningRate: 0.1 } });
    expect(Object.keys(sgd({ learningRate: 0.1, momentum: 0.9 }).hyper)).toEqual(["learningRate", "momentum"]);
  });

  it("refuses a learning rate, momentum or weight decay out of range", () => {
    expect(() => sgd({ learningRate: 0 })).toThrow('"learningRate" expected');
    expect(() => sgd({ learningRate: 1, momentum: 1 })).toThrow('"momentum" expected');
    expect(() => sgd({ learningRate: 1, weightDecay: -1 })).toThrow('"weightDecay" expected');
    expect(() => sgd({ learningRate: Number.NaN })).toThrow(TypeError);
  });
});
