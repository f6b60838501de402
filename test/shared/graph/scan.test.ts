import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import * as ops from "../../../shared/graph/ops.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";
import { checkGradient } from "../../support/gradientCheck.ts";

/** h = tanh(x·u + h·w) over time, each h an output: a plain recurrent layer. */
function recurrent(xs: Tensor, h0: Tensor, u: Tensor, w: Tensor, reverse = false): ops.ScanResult {
  return ops.scan({
    carry: [h0],
    sequences: [xs],
    constants: [u, w],
    reverse,
    step([h], [x], [u, w]) {
      const next = ops.tanh(ops.add(ops.matmul(x!, u!), ops.matmul(h!, w!)));
      return { carry: [next], outputs: [next] };
    },
  });
}

const shapes = [
  [4, 2, 3],
  [2, 5],
  [3, 5],
  [5, 5],
];

describe("scan", () => {
  it("carries values from step to step and stacks what each step gives", () => {
    const xs = ops.input("xs", [4]);
    const start = ops.input("start", []);
    const { carry, outputs } = ops.scan({
      carry: [start],
      sequences: [xs],
      step: ([sum], [x]) => ({ carry: [ops.add(sum!, x!)], outputs: [ops.mul(sum!, x!)] }),
    });
    const graph = createGraph({ inputs: [xs, start], outputs: [...carry, ...outputs] });
    const result = runReference(graph, { xs: [1, 2, 3, 4], start: [10] });
    expect(result.outputs[0]).toEqual(Float32Array.of(20));
    expect(result.outputs[1]).toEqual(Float32Array.of(10, 22, 39, 64)); // 10·1, 11·2, 13·3, 16·4
  });

  it("runs from the last item to the first when reversed, items and outputs still in place", () => {
    const xs = ops.input("xs", [3]);
    const { outputs } = ops.scan({
      carry: [ops.constant(0)],
      sequences: [xs],
      reverse: true,
      step: ([sum], [x]) => ({ carry: [ops.add(sum!, x!)], outputs: [sum!] }),
    });
    const graph = createGraph({ inputs: [xs], outputs });
    expect(runReference(graph, { xs: [1, 2, 3] }).outputs[0]).toEqual(Float32Array.of(5, 3, 0));
  });

  it("has the gradient of its outputs, through carries, items and constants", () => {
    checkGradient({ shapes, apply: (xs, h, u, w) => recurrent(xs!, h!, u!, w!).outputs[0]! });
  });

  it("has the gradient of its final carry", () => {
    checkGradient({ shapes, apply: (xs, h, u, w) => recurrent(xs!, h!, u!, w!).carry[0]! });
  });

  it("has the gradient of both together, reversed", () => {
    checkGradient({
      shapes,
      apply(xs, h, u, w) {
        const { carry, outputs } = recurrent(xs!, h!, u!, w!, true);
        return ops.add(outputs[0]!, carry[0]!);
      },
    });
  });

  it("refuses a carry that changes its shape", () => {
    const bad = () =>
      ops.scan({ length: 2, carry: [ops.constant(0)], step: () => ({ carry: [ops.constant(0, [2])] }) });
    expect(bad).toThrow("scan body expected carry 0 as [], got [2]");
  });

  it("refuses a body that reaches for an outer tensor it does not list", () => {
    const outer = ops.input("outer", []);
    const bad = () => ops.scan({ length: 2, carry: [outer], step: ([h]) => ({ carry: [ops.add(h!, outer)] }) });
    expect(bad).toThrow('scan body uses the outer tensor "outer"; list it in "constants"');
  });
});
