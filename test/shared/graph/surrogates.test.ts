import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { floor, input, mul, reduceSum, type Surrogate, spike, straightThrough } from "../../../shared/graph/ops.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";

function valueAndGradient(apply: (x: Tensor) => Tensor, values: readonly number[]): readonly ArrayLike<number>[] {
  const x = input("x", [values.length]);
  const y = apply(x);
  const graph = createGraph({ inputs: [x], outputs: [y, ...gradients(reduceSum(y), [x])] });
  return runReference(graph, { x: values }).outputs;
}

describe("spike", () => {
  const values = [-1, -0.25, 0, 0.25, 1];
  // From the formulas with slope k: 1/(k|x| + 1)², k/2/(1 + (π/2 k x)²), max(0, 1 - k|x|).
  const cases: readonly { surrogate: Surrogate; at: (x: number) => number }[] = [
    { surrogate: { kind: "fastSigmoid", slope: 25 }, at: (x) => 1 / (25 * Math.abs(x) + 1) ** 2 },
    { surrogate: { kind: "fastSigmoid", slope: 4 }, at: (x) => 1 / (4 * Math.abs(x) + 1) ** 2 },
    { surrogate: { kind: "arctan", slope: 2 }, at: (x) => 1 / (1 + (Math.PI * x) ** 2) },
    { surrogate: { kind: "arctan", slope: 3 }, at: (x) => 1.5 / (1 + (1.5 * Math.PI * x) ** 2) },
    { surrogate: { kind: "triangle", slope: 1 }, at: (x) => Math.max(0, 1 - Math.abs(x)) },
    { surrogate: { kind: "triangle", slope: 2 }, at: (x) => Math.max(0, 1 - 2 * Math.abs(x)) },
  ];

  it.each(cases)("is the step with the gradient of $surrogate", ({ surrogate, at }) => {
    const [value, gradient] = valueAndGradient((x) => spike(x, surrogate), values);
    expect(value).toEqual(Float32Array.of(0, 0, 0, 1, 1));
    // Rounding of five f32 operations on values up to 700: relative 5 · 2^-24 = 3e-7.
    values.forEach((x, i) => {
      expect(Math.abs(gradient![i]! - at(x))).toBeLessThanOrEqual(3e-7 * at(x));
    });
  });

  it("refuses a slope that is not positive", () => {
    expect(() => spike(input("x", [1]), { kind: "arctan", slope: 0 })).toThrow('"slope" expected');
  });
});

describe("straightThrough", () => {
  it("has the value of one tensor and the gradient of the other", () => {
    const [value, gradient] = valueAndGradient((x) => straightThrough(floor(x), mul(x, x)), [1.5, -2.25]);
    expect(value).toEqual(Float32Array.of(1, -3));
    expect(gradient).toEqual(Float32Array.of(3, -4.5)); // d x² = 2x
  });

  it("refuses tensors of different shapes", () => {
    expect(() => straightThrough(input("a", [2]), input("b", [3]))).toThrow(
      "straightThrough expected equal shapes, got [2] and [3]",
    );
  });
});
