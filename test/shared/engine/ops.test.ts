import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { PRIMITIVE_OPS } from "../../../shared/graph/opset.ts";
import { numElements } from "../../../shared/graph/shape.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { expectClose } from "../../support/expectClose.ts";
import { runEngine } from "../../support/runEngine.ts";
import { moreOpCases } from "./moreOpCases.ts";
import { labels, opCases } from "./opCases.ts";

/**
 * The twin sums in f64 and rounds each op once; the engine sums in f32. A sum of n terms below 1 is off by at most n · 2^-24 · n;
 * the largest n here is 300 with terms of random sign, which stays below 2e-5. Elementary functions add 2 units in the last place.
 */
const TOLERANCE = 2e-5;

describe("the engine agrees with the reference twin", () => {
  const covered = new Set<string>();

  it.each([...opCases, ...moreOpCases])("$name", ({ name, shapes = [], range = [-2, 2], build }) => {
    const rng = createRng("engine ops", name);
    const inputs = shapes.map((shape, i) => ops.input(`in.${i}`, shape));
    const y = ops.input("labels", [labels.length], "i32");
    const built = build(inputs, y);
    const outputs = Array.isArray(built) ? built : [built as Tensor];
    const graph = createGraph({ inputs: [...inputs, y], outputs });
    for (const node of topologicalOrder(outputs)) covered.add(node.op);
    const feeds: Record<string, ArrayLike<number>> = { labels };
    shapes.forEach((shape, i) => {
      const [low, high] = range;
      feeds[`in.${i}`] = Float32Array.from({ length: numElements(shape) }, () => low + (high - low) * rng.nextFloat());
    });
    const expected = runReference(graph, feeds).outputs;
    runEngine(graph, feeds).outputs.forEach((actual, i) => {
      expectClose(actual, expected[i]!, { tolerance: TOLERANCE, label: name });
    });
  });

  it("on every primitive op", () => {
    expect([...PRIMITIVE_OPS].filter((op) => !covered.has(op))).toEqual([]);
  });

  it("on NaN and infinities, which must stay visible", () => {
    const x = ops.input("x", [4]);
    const outputs = [ops.relu(x), ops.exp(x), ops.log(x), ops.tanh(x), ops.sigmoid(x), ops.sqrt(x)];
    const graph = createGraph({ inputs: [x], outputs });
    const feeds = { x: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0] };
    const expected = runReference(graph, feeds).outputs;
    for (const [i, actual] of runEngine(graph, feeds).outputs.entries()) {
      expect(actual, outputs[i]!.op).toEqual(expected[i]);
    }
  });

  it("gives NaN for a label that is no class, never another row's memory", () => {
    const x = ops.input("x", [1, 3]);
    const y = ops.input("y", [1], "i32");
    const graph = createGraph({ inputs: [x, y], outputs: [ops.softmaxCrossEntropy(x, y)] });
    for (const label of [-1, 3, 2 ** 30]) {
      expect(runEngine(graph, { x: [0, 1, 2], y: [label] }).outputs[0]).toEqual(Float32Array.of(Number.NaN));
    }
  });
});
