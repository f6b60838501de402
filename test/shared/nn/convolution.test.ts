import { describe, expect, it } from "vitest";
import { input } from "../../../shared/graph/ops.ts";
import { evaluateContext } from "../../../shared/nn/applyContext.ts";
import { conv2d } from "../../../shared/nn/layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../../../shared/nn/layers/convolution/depthwiseConv2d.ts";
import { layerContract } from "../../contract/layer.ts";
import { torchCases } from "../../contract/torchCases.ts";
import { convolutionCases, image } from "./convolutionCases.ts";

for (const layerCase of convolutionCases) layerContract(layerCase);
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
