import { describe, expect, it } from "vitest";
import { input } from "../../../shared/graph/ops.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { conv1d } from "../../../shared/nn/layers/convolution/conv1d.ts";
import { conv2d } from "../../../shared/nn/layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../../../shared/nn/layers/convolution/depthwiseConv2d.ts";
import { separableConv2d } from "../../../shared/nn/layers/convolution/separableConv2d.ts";
import { averagePool2d } from "../../../shared/nn/layers/pooling/averagePool2d.ts";
import { globalAveragePool, globalMaxPool } from "../../../shared/nn/layers/pooling/globalPool.ts";
import { maxPool2d } from "../../../shared/nn/layers/pooling/maxPool2d.ts";
import { averagePool1d, maxPool1d } from "../../../shared/nn/layers/pooling/pool1d.ts";
import { type LayerCase, layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";

const image = input("image", [2, 5, 5, 7]);
const sequence = input("sequence", [2, 5, 7]);

// A maximum has a kink where two values of a window are equal; the draws of these shapes have no two within 2 · 2^-7.
const cases: readonly LayerCase[] = [
  { layer: conv2d(2, 3, 3), x: [2, 5, 4, 2], y: [2, 3, 2, 3], bad: image },
  { layer: conv2d(2, 4, [3, 2], { strides: 2, padding: "same", groups: 2 }), x: [1, 5, 4, 2], y: [1, 3, 2, 4] },
  { layer: conv2d(4, 4, 2, { groups: 2, bias: false, dilations: 2 }), x: [1, 4, 4, 4], y: [1, 2, 2, 4], bad: image },
  { layer: conv2d(3, 2, 1), x: [2, 2, 3, 3], y: [2, 2, 3, 2], bad: sequence },
  { layer: depthwiseConv2d(2, 3, { multiplier: 2, padding: 1 }), x: [1, 3, 4, 2], y: [1, 3, 4, 4], bad: image },
  { layer: separableConv2d(2, 3, 2), x: [2, 3, 3, 2], y: [2, 2, 2, 3], bad: image },
  { layer: conv1d(2, 3, 3, { padding: "causal", dilation: 2 }), x: [2, 6, 2], y: [2, 6, 3], bad: sequence },
  { layer: conv1d(2, 4, 3, { stride: 2, groups: 2, init: "glorotUniform" }), x: [1, 7, 2], y: [1, 3, 4], bad: image },
  { layer: maxPool2d(2), x: [1, 4, 4, 1], y: [1, 2, 2, 1], bad: sequence, range: [-8, 8] },
  { layer: averagePool2d(2), x: [2, 5, 4, 2], y: [2, 2, 2, 2], bad: sequence },
  { layer: averagePool2d(3, { strides: 1, padding: "same" }), x: [1, 4, 4, 1], y: [1, 4, 4, 1], bad: sequence },
  { layer: maxPool1d(2), x: [1, 7, 1], y: [1, 3, 1], bad: image, range: [-8, 8] },
  { layer: averagePool1d(3, { stride: 2, padding: 1 }), x: [2, 7, 2], y: [2, 4, 2], bad: image },
  { layer: globalAveragePool(), x: [2, 3, 2, 2], y: [2, 2], bad: input("x", [2, 3]) },
  { layer: globalMaxPool(), x: [1, 4, 2], y: [1, 2], bad: input("x", [2, 3]), range: [-8, 8] },
];

for (const layerCase of cases) layerContract(layerCase);
torchCases("convolution");

describe("conv2d", () => {
  it("refuses what does not fit, with both shapes", () => {
    const params = { w: input("w", [3, 3, 2, 4]), b: input("b", [4]) };
    expect(() => conv2d(2, 4, 3).apply(params, image, evaluateContext)).toThrow(
      "conv2d expected x [batch, height, width, 2] for w [3, 3, 2, 4], got [2, 5, 5, 7]",
    );
    expect(() => conv2d(2, 4, 3).apply(params, input("x", [1, 2, 9, 2]), evaluateContext)).toThrow(
      "conv2d expected a window of 3 pixels within 2, got x [1, 2, 9, 2]",
    );
  });

  it("refuses options out of range", () => {
    expect(() => conv2d(3, 4, 3, { groups: 2 })).toThrow('"groups" expected a divisor of 3 and 4 channels, got 2');
    expect(() => conv2d(256, 256, 3, { groups: 128 })).toThrow('"groups" expected <= 64 or all 256 channels, got 128');
    expect(() => conv2d(3, 4, 3, { padding: "causal" as never })).toThrow('"padding" expected same, valid or whole');
    expect(() => conv2d(3, 4, [3, 0])).toThrow('"kernel" expected >= 1, got 0');
    expect(() => conv2d(3, 4, 3, { padding: [0, 0, -1, 0] })).toThrow('"padding" expected');
  });
});

describe("depthwiseConv2d", () => {
  it("refuses a filter of more taps than ops are worth, and one that does not fit", () => {
    const apply = (kernel: number, size: number) => () =>
      depthwiseConv2d(1, kernel).apply(
        { w: input("w", [kernel, kernel, 1, 1]), b: input("b", [1]) },
        input("x", [1, size, size, 1]),
        evaluateContext,
      );
    expect(apply(33, 40)).toThrow("depthwise filter expected <= 1024 taps, got 1089");
    expect(apply(5, 4)).toThrow("window of 5 expected to fit in axis 1, got [1, 4, 4, 1] with its padding");
  });
});
