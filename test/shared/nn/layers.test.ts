import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { input } from "../../../shared/graph/ops.ts";
import type { Shape, Tensor } from "../../../shared/graph/tensor.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import { layerFromDocument } from "../../../shared/nn/layerFromDocument.ts";
import { flatten } from "../../../shared/nn/layers/flatten.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { relu } from "../../../shared/nn/layers/relu.ts";
import { sigmoid } from "../../../shared/nn/layers/sigmoid.ts";
import { tanh } from "../../../shared/nn/layers/tanh.ts";
import { LOSS_NAMES, lossNamed } from "../../../shared/nn/losses/lossNamed.ts";
import { checkGradient } from "../../support/gradientCheck.ts";

/** The contract of every layer; `bad` is an input that it must refuse, where there is one. */
interface LayerCase {
  readonly layer: Layer;
  readonly x: Shape;
  readonly y: Shape;
  readonly bad?: Tensor;
}

const integers = input("integers", [3, 4], "i32");
const cases: readonly LayerCase[] = [
  { layer: linear(4, 5), x: [3, 4], y: [3, 5], bad: input("x", [3, 5]) },
  { layer: linear(4, 5, { init: "glorotUniform" }), x: [3, 4], y: [3, 5], bad: input("x", [3, 4, 1]) },
  { layer: relu(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: tanh(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: sigmoid(), x: [3, 4], y: [3, 4], bad: integers },
  { layer: flatten(), x: [3, 2, 2], y: [3, 4] },
];

function apply(layer: Layer, params: readonly Tensor[], x: Tensor): Tensor {
  const named = Object.fromEntries(Object.keys(layer.init).map((name, i) => [name, params[i]!]));
  return layer.apply(named, x, evaluateContext);
}

describe.each(cases)("$layer.name", ({ layer, x, y, bad }) => {
  const shapes = Object.values(layer.init).map(({ shape }) => shape);

  it("has the gradient of finite differences, for its input and its params", () => {
    // Values in [0.1, 1] keep off the kink of relu, whose other side the op's own check covers.
    checkGradient({ shapes: [x, ...shapes], range: [0.1, 1], apply: (first, ...rest) => apply(layer, rest, first!) });
  });

  it("gives the stated shape, and refuses what does not fit", () => {
    const params = shapes.map((shape, i) => input(`p${i}`, shape));
    expect(apply(layer, params, input("x", x)).shape).toEqual(y);
    if (bad) expect(() => apply(layer, params, bad)).toThrow(/expected/);
  });

  it("comes back from its document", () => {
    const again = layerFromDocument(layer.document!);
    expect([again.name, again.document]).toEqual([layer.name, layer.document]);
    for (const [name, initializer] of Object.entries(layer.init)) {
      const [first, second] = [new Float32Array(20), new Float32Array(20)];
      initializer.fill(first.subarray(0, 5), createRng(1));
      again.init[name]!.fill(second.subarray(0, 5), createRng(1));
      expect(second).toEqual(first);
    }
  });
});

describe("linear", () => {
  it("refuses a feature count that is no positive whole number", () => {
    expect(() => linear(0, 1)).toThrow('"inFeatures" expected >= 1, got 0');
    expect(() => linear(1, 1.5)).toThrow('"outFeatures" expected a whole number');
  });
});

describe("evaluateContext", () => {
  it("draws no random values", () => {
    expect(() => evaluateContext.random([1])).toThrow("check ctx.mode first");
  });
});

describe("losses", () => {
  it("have the gradient of finite differences, one loss an example", () => {
    for (const name of LOSS_NAMES) {
      const loss = lossNamed(name);
      expect(loss.name).toBe(name);
      const { shape, dtype } = loss.targets(3, 4);
      const targets = input("targets", shape, dtype);
      const values = Array.from({ length: shape.length === 1 ? 3 : 12 }, (_, i) => i % 4);
      checkGradient({
        shapes: [[3, 4]],
        apply(outputs) {
          const losses = loss.losses(outputs!, targets);
          expect(losses.shape).toEqual([3]);
          return losses;
        },
        extraInputs: [targets],
        feeds: { targets: values },
      });
    }
  });
});
