import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input } from "../../../shared/graph/ops.ts";
import { createTrainContext } from "../../../shared/models/trainContext.ts";
import { gaussianNoise } from "../../../shared/nn/gaussianNoise.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { variational } from "../../../shared/nn/layers/variational.ts";
import { layerContract } from "../../contract/layer.ts";
import { expectClose } from "../../support/expectClose.ts";
import { runEngine } from "../../support/runEngine.ts";
import { variationalCase } from "./variationalCase.ts";

const { layer } = variationalCase;
layerContract(variationalCase);

describe("gaussianNoise", () => {
  it("is standard normal, and the same on the engine", () => {
    const count = 20_000;
    const context = createTrainContext();
    const noise = gaussianNoise(context.ctx, [count]);
    const graph = createGraph({ inputs: [context.randomState()!], outputs: [noise] });
    const [values] = runReference(graph, { random: [5, 6, 0] }).outputs;
    const moment = (power: number): number =>
      Float64Array.from(values!).reduce((sum, value) => sum + value ** power, 0) / count;
    // Standard errors over n = 20,000: sqrt(1/n) = 0.0071, sqrt(2/n) = 0.01, sqrt(15/n) = 0.027, sqrt(96/n) = 0.07. Five of
    // them each: one seed in 10^6 would fail, and the seed is fixed.
    expect(Math.abs(moment(1))).toBeLessThan(0.036);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.05);
    expect(Math.abs(moment(3))).toBeLessThan(0.14);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.35);
    const [fast] = runEngine(graph, { random: [5, 6, 0] }).outputs;
    // cos and log of the engine are right to a few roundings of values below 6.
    expectClose(fast!, values!, { tolerance: 4e-6 });
  });
});

describe("variational", () => {
  const rng = createRng("variational");
  const params = Object.fromEntries(Object.entries(layer.init).map(([name, { shape }]) => [name, input(name, shape)]));
  const feeds: Record<string, readonly number[]> = { x: Array.from({ length: 12 }, () => rng.nextFloat()) };
  for (const [name, { shape }] of Object.entries(layer.init)) {
    feeds[name] = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * rng.nextFloat() - 1);
  }
  const x = input("x", [3, 4]);

  it("decodes mean + deviation · noise while training, the mean when evaluating", () => {
    const context = createTrainContext();
    const trained = layer.apply(params, x, context.ctx);
    const noise = createTrainContext();
    const drawn = gaussianNoise(noise.ctx, [3, 2]);
    const random = { random: [1, 2, 3] };
    const inputs = [x, ...Object.values(params)];
    const [output] = runReference(createGraph({ inputs: [...inputs, context.randomState()!], outputs: [trained] }), {
      ...feeds,
      ...random,
    }).outputs;
    const [epsilon] = runReference(createGraph({ inputs: [noise.randomState()!], outputs: [drawn] }), random).outputs;

    const decode = (z: readonly number[]): number[] => {
      const hidden = [0, 1, 2].map((j) =>
        Math.max(
          0,
          z.reduce((sum, value, i) => sum + value * feeds["decoder.0.w"]![3 * i + j]!, feeds["decoder.0.b"]![j]!),
        ),
      );
      return [0, 1, 2, 3].map((j) =>
        hidden.reduce((sum, value, i) => sum + value * feeds["decoder.2.w"]![4 * i + j]!, feeds["decoder.2.b"]![j]!),
      );
    };
    for (let row = 0; row < 3; row++) {
      const [mean, logVariance] = [4, 6].map((at) => [0, 1].map((i) => output![8 * row + at + i]!));
      const z = mean!.map((value, i) => value + Math.exp(logVariance![i]! / 2) * epsilon![2 * row + i]!);
      // Two products of at most 3 terms of the size of z: 1e-5 is some hundred roundings.
      decode(z).forEach((value, j) => void expect(output![8 * row + j]).toBeCloseTo(value, 5));
    }
    expect(context.randomState()!.attributes.name).toBe("random");
  });

  it("names an encoder that does not give mean and log variance", () => {
    const wrong = variational({ encoder: [linear(4, 3)], decoder: [linear(2, 4)], latent: 2 });
    const given = Object.fromEntries(Object.entries(wrong.init).map(([name, { shape }]) => [name, input(name, shape)]));
    expect(() => wrong.apply(given, x, createTrainContext().ctx)).toThrow(
      "variational expected [batch, 4] from its encoder, got [3, 3] for x [3, 4]",
    );
  });
});
