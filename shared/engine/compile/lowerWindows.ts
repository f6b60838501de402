import type { WindowAttributes } from "../../graph/ops/convolution.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";

/** Emits the kernel of an op over windows of images; every view is dense. */
export function lowerWindows(lowering: Lowering, node: Tensor, inputs: readonly View[], out: View): void {
  const windows = node.attributes as unknown as WindowAttributes;
  switch (node.op) {
    case "conv2d":
      lowering.emit({ kernel: "call", call: "conv", inputs, words: windowWords(inputs[0]!, out.shape, windows), out });
      return;
    case "conv2dFilterGrad":
      lowering.emit({ kernel: "fill", out, constant: 0 });
      lowering.emit({
        kernel: "call",
        call: "convFilterGrad",
        inputs,
        words: windowWords(inputs[0]!, inputs[1]!.shape, windows),
        out,
      });
      return;
    case "maxPool2d":
      lowering.emit({
        kernel: "call",
        call: "maxPool",
        inputs,
        words: windowWords(inputs[0]!, out.shape, windows),
        out,
      });
      return;
    default:
      lowering.emit({ kernel: "fill", out, constant: 0 });
      lowering.emit({
        kernel: "call",
        call: "maxPoolGrad",
        inputs,
        words: windowWords(inputs[1]!, inputs[2]!.shape, windows),
        out,
      });
  }
}

/** batch, height, width, outHeight, outWidth, kernel, strides, dilations, top and left padding, channels, outChannels. */
function windowWords(x: View, outShape: Shape, { kernel, strides, dilations, padding }: WindowAttributes): number[] {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [, outHeight, outWidth, outChannels] = outShape as [number, number, number, number];
  return [
    ...[batch, height, width, outHeight, outWidth, ...kernel, ...strides, ...dilations],
    ...[padding[0], padding[2], channels, outChannels],
  ];
}
