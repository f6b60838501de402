import { describe, expect, it } from "vitest";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { defineOp } from "../../../shared/graph/defineOp.ts";
import * as ops from "../../../shared/graph/ops.ts";
import { isPrimitiveOp } from "../../../shared/graph/opset.ts";
import type { OpDefinition, Tensor } from "../../../shared/graph/tensor.ts";
import { topologicalOrder } from "../../../shared/graph/topologicalOrder.ts";
import { checkGradient } from "../../support/gradientCheck.ts";

/** Columns of windows: x [batch, channels, length] -> [batch, channels · size, length - size + 1]. */
function windows(x: Tensor, size: number): Tensor {
  const [batch, channels, length] = x.shape as [number, number, number];
  const positions = length - size + 1;
  return Array.from({ length: size }, (_, k) =>
    // Window offset k goes to rows k · channels .. of the second axis; the pads of different k do not overlap.
    ops.pad(ops.slice(x, 2, k, positions), 1, k * channels, (size - 1 - k) * channels),
  ).reduce((sum, part) => ops.add(sum, part), ops.constant(0, [batch, channels * size, positions]));
}

/**
 * y[b, o, t] = Σ over c, k of x[b, c, t + k] · w[k, c, o].
 * Shapes: x [batch, channels, length], w [size, channels, out] -> [batch, out, length - size + 1].
 */
const conv1dDefinition: OpDefinition = {
  name: "conv1d",
  shape([x, w]) {
    const [batch, channels, length] = x!.shape;
    const [size, inChannels, out] = w!.shape;
    if (channels !== inChannels || length! < size!) {
      throw new RangeError(`conv1d expected fitting shapes, got [${x!.shape}] and [${w!.shape}]`);
    }
    return [batch!, out!, length! - size! + 1];
  },
  lower([x, w]) {
    const [size, channels, out] = w!.shape as [number, number, number];
    const columns = windows(x!, size);
    const [batch, rows, positions] = columns.shape as [number, number, number];
    const flat = ops.reshape(ops.transpose(columns, [0, 2, 1]), [batch * positions, rows]);
    const product = ops.matmul(flat, ops.reshape(w!, [size * channels, out]));
    return ops.transpose(ops.reshape(product, [batch, positions, out]), [0, 2, 1]);
  },
  reference({ shape, inputs }, [x, w]) {
    const [batch, out, positions] = shape as [number, number, number];
    const [, channels, length] = inputs[0]!.shape as [number, number, number];
    const size = inputs[1]!.shape[0]!;
    const y = new Float32Array(batch * out * positions);
    for (let b = 0; b < batch; b++)
      for (let o = 0; o < out; o++)
        for (let t = 0; t < positions; t++)
          for (let c = 0; c < channels; c++)
            for (let k = 0; k < size; k++)
              y[(b * out + o) * positions + t]! +=
                x![(b * channels + c) * length + t + k]! * w![(k * channels + c) * out + o]!;
    return y;
  },
};

const conv1d = defineOp(conv1dDefinition);
const square = defineOp({
  name: "square",
  shape: ([x]) => x!.shape,
  lower: ([x]) => ops.mul(x!, x!),
  vjp: ({ inputs: [x] }, dy) => [ops.mul(dy, ops.mul(ops.constant(2), x!))],
});

describe("defineOp", () => {
  const x = ops.input("x", [2, 3, 6]);
  const w = ops.input("w", [4, 3, 2]);
  const feeds = {
    x: Array.from({ length: 36 }, (_, i) => ((i * 7) % 11) - 5),
    w: Array.from({ length: 24 }, (_, i) => ((i * 5) % 13) - 6),
  };

  it("adds conv1d, whose lowering agrees with its plain loops", () => {
    const y = conv1d([x, w]);
    const lowered = createGraph({ inputs: [x, w], outputs: [y] });
    const direct = { inputs: [x, w], outputs: [y], updates: [] };
    expect(runReference(lowered, feeds).outputs[0]).toEqual(runReference(direct, feeds).outputs[0]);
  });

  it("leaves only primitives in a graph, inside a scan too", () => {
    const loop = ops.scan({
      length: 2,
      carry: [x],
      constants: [w],
      step: ([h], _, [kernel]) => ({ carry: [square([h!])], outputs: [conv1d([h!, kernel!])] }),
    });
    const { outputs } = createGraph({ inputs: [x, w], outputs: [...loop.carry, ...loop.outputs] });
    const nodes = topologicalOrder(outputs);
    const inner = nodes.flatMap(({ body }) => (body ? topologicalOrder(body.outputs) : []));
    expect(inner.length).toBeGreaterThan(0);
    expect([...nodes, ...inner].every(({ op, definition }) => isPrimitiveOp(op) && !definition)).toBe(true);
  });

  it("differentiates through the lowering when no vjp is given", () => {
    checkGradient({
      shapes: [
        [2, 2, 5],
        [3, 2, 2],
      ],
      apply: (x, w) => conv1d([x!, w!]),
    });
  });

  it("takes the vjp that is given", () => {
    checkGradient({ shapes: [[2, 3]], apply: (x) => square([x!]) });
  });

  it("gives a tensor that is passed twice its whole gradient once", () => {
    const product = defineOp({ name: "product", shape: ([a]) => a!.shape, lower: ([a, b]) => ops.mul(a!, b!) });
    checkGradient({ shapes: [[3]], apply: (x) => product([x!, x!]) });
  });

  it("refuses shapes that do not fit, and the name of a primitive", () => {
    expect(() => conv1d([x, ops.input("bad", [4, 2, 2])])).toThrow("conv1d expected fitting shapes");
    expect(() => defineOp({ ...conv1dDefinition, name: "matmul" })).toThrow('"matmul" is a primitive op');
  });
});
