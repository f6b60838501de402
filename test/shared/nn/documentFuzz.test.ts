import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { constant, matmul, scan, tanh, transpose } from "../../../shared/graph/ops.ts";
import type { Shape } from "../../../shared/graph/tensor.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../../shared/models/parseModelDocument.ts";
import { customLayer } from "../../../shared/nn/custom/customLayer.ts";
import type { Layer } from "../../../shared/nn/layer.ts";
import {
  averagePool1d,
  averagePool2d,
  batchNorm,
  conv1d,
  conv2d,
  depthwiseConv2d,
  dropout,
  elu,
  flatten,
  globalAveragePool,
  groupNorm,
  layerNorm,
  leakyRelu,
  linear,
  lora,
  masked,
  maxPool1d,
  maxPool2d,
  parallel,
  reshape,
  residual,
  rmsNorm,
  separableConv2d,
  sequential,
  spatialDropout,
} from "../../../shared/nn/layers.ts";
import { mutateJson } from "../../support/mutateJson.ts";

const recurrence = customLayer({
  name: "recurrence",
  inputShape: [3, 2],
  params: { u: { shape: [2, 2], init: "orthogonal" } },
  apply({ u }, x) {
    const { carry } = scan({
      carry: [constant(0, [x.shape[0]!, 2])],
      sequences: [transpose(x, [1, 0, 2])],
      constants: [u],
      step: ([h], _, [w]) => ({ carry: [tanh(matmul(h!, w!))] }),
    });
    return carry[0]!;
  },
});

const samples: readonly (readonly [input: Shape, layers: readonly Layer[]])[] = [
  [
    [6, 6, 2],
    [
      conv2d(2, 4, 3, { padding: [1, 1, 1, 1], groups: 2, strides: [1, 1], init: { normal: 0.1 } }),
      batchNorm(4, { momentum: 0.2, statistics: "private" }),
      depthwiseConv2d(4, [2, 3], { padding: "same", multiplier: 2, dilations: 1 }),
      groupNorm(2, 8, { epsilon: 0.001 }),
      maxPool2d(2, { strides: 2, padding: "same" }),
      separableConv2d(8, 2, 2, { bias: false }),
      averagePool2d(2, { padding: 1, countPadding: true }),
      spatialDropout(0.5),
      flatten(),
    ],
  ],
  [
    [8, 2],
    [
      conv1d(2, 4, 3, { padding: "causal", dilation: 2 }),
      maxPool1d(2, { stride: 1, padding: 1 }),
      averagePool1d(2),
      leakyRelu(0.1),
      masked(0, [globalAveragePool()]),
    ],
  ],
  [
    [4],
    [
      lora(linear(4, 4, { init: { constant: 1 }, bias: false }), { rank: 2, alpha: 4 }),
      residual([layerNorm(4), elu(0.5)], [linear(4, 4)]),
      parallel([[rmsNorm(4, { epsilon: 0.1 })], [], [sequential([dropout(0.1)])]]),
      reshape([3, 4]),
      flatten(),
    ],
  ],
  [[3, 2], [recurrence]],
];

describe("model documents of a stranger, seed 1", () => {
  it.each(samples)("around %j are built or refused with a reason, whatever is wrong within them", (shape, layers) => {
    const { document } = defineModel({ name: "sample", input: { shape }, layers, loss: "meanSquaredError" });
    const rng = createRng(1, ...shape);
    let built = 0;
    for (let i = 0; i < 1000; i++) {
      const mutated = { ...document, layers: mutateJson(document.layers, rng) };
      try {
        modelFromDocument(parseModelDocument(mutated));
        built++;
      } catch (error) {
        expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
        expect((error as Error).message).not.toMatch(
          /properties of|is not a function|is not iterable|call stack|array length/,
        );
      }
    }
    // Some changes are harmless, most are not: a mutation that never bites would test nothing.
    expect(built).toBeGreaterThan(0);
    expect(built).toBeLessThan(700);
  });
});
