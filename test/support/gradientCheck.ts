import { expect } from "vitest";
import { createRng } from "../../shared/base/rng.ts";
import { runReference } from "../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../shared/graph/createGraph.ts";
import { gradients } from "../../shared/graph/gradients/gradients.ts";
import { input, mul, reduceSum } from "../../shared/graph/ops.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Shape, Tensor } from "../../shared/graph/tensor.ts";
import { expectClose } from "./expectClose.ts";
import { runEngine } from "./runEngine.ts";

export interface GradientCheck {
  /** Shapes of the f32 inputs that are differentiated. */
  readonly shapes: readonly Shape[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
  /** Inputs are drawn uniformly from here, [-1, 1] when absent. */
  readonly range?: readonly [number, number];
  /** Values of inputs that are not differentiated, by name. */
  readonly feeds?: Readonly<Record<string, readonly number[]>>;
  readonly extraInputs?: readonly Tensor[];
}

/**
 * Compares the traced gradient with central differences on the reference engine, for the scalar Σ result · c with fixed
 * random c (so that every output element counts differently). Values are f32, so a step of 2^-7 leaves about
 * 2^-23 / 2^-7 = 1.5e-5 of rounding and h² / 6 = 1e-5 of truncation a unit of magnitude; the tolerance is 2e-3
 * absolute and relative.
 *
 * The WebAssembly engine then gives the same result and gradients: it sums in f32 where its twin sums in f64, and the sums
 * here have below a hundred terms of the size of the result.
 */
export function checkGradient({ shapes, apply, range = [-1, 1], feeds = {}, extraInputs = [] }: GradientCheck): void {
  const rng = createRng("gradient check", ...shapes.flat());
  const draw = (count: number): number[] =>
    Array.from({ length: count }, () => Math.fround(range[0] + (range[1] - range[0]) * rng.nextFloat()));
  const tensors = shapes.map((shape, i) => input(`in.${i}`, shape));
  const result = apply(...tensors);
  const weights = input("weights", result.shape);
  const loss = reduceSum(mul(result, weights));
  const inputs = [...tensors, weights, ...extraInputs];
  const forward = createGraph({ inputs, outputs: [loss] });
  const graph = createGraph({ inputs, outputs: [result, ...gradients(loss, tensors)] });

  const given: Record<string, number[]> = { weights: draw(numElements(result.shape)) };
  shapes.forEach((shape, i) => {
    given[`in.${i}`] = draw(numElements(shape));
  });
  const lossOf = (): number => runReference(forward, { ...given, ...feeds }).outputs[0]![0]!;
  const expected = runReference(graph, { ...given, ...feeds }).outputs;
  runEngine(graph, { ...given, ...feeds }).outputs.forEach((actual, i) => {
    expectClose(actual, expected[i]!, { tolerance: 1e-5, label: `engine, ${i === 0 ? "result" : `input ${i - 1}`}` });
  });

  const [, ...traced] = expected;
  const step = 2 ** -7;
  traced.forEach((gradient, i) => {
    const values = given[`in.${i}`]!;
    expect(gradient.length, `input ${i}`).toBe(values.length);
    values.forEach((value, k) => {
      values[k] = value + step;
      const above = lossOf();
      values[k] = value - step;
      const below = lossOf();
      values[k] = value;
      const numeric = (above - below) / (2 * step);
      const difference = Math.abs(gradient[k]! - numeric);
      expect(difference, `input ${i} element ${k}: traced ${gradient[k]}, numeric ${numeric}`).toBeLessThan(
        2e-3 * Math.max(1, Math.abs(numeric)),
      );
    });
  });
}
