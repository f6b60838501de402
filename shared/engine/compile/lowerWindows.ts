import { windowAttributes } from "../../graph/ops/convolution.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import type { ProductOptions } from "./lowerMatmul.ts";
import { prefersWinograd, winogradScratchElements } from "./winogradPlan.ts";

/** out = relu?(conv2d + init); init [outChannels]. The filter is read where it lies, turned or not. */
export function lowerConvolution(
  lowering: Lowering,
  node: Tensor,
  out: View,
  { init, relu = false }: ProductOptions,
): void {
  const [x, w] = node.inputs.map(lowering.view) as [View, View];
  const { strides, dilations, padding } = windowAttributes(node);
  lowering.emit({
    kernel: "conv",
    x: lowering.padded(x, padding),
    w,
    init: init ?? lowering.zeros(out.shape[3]!),
    out,
    floor: relu ? 0 : Number.NEGATIVE_INFINITY,
    strides,
    dilations,
    scratch: winogradScratch(lowering, node, w, out),
  });
}

/** out = init + the gradient of the filter. `init` is a row of zeros when absent, else of the shape of `out`, and may be it. */
export function lowerFilterGrad(lowering: Lowering, node: Tensor, dy: View, out: View, init?: View): void {
  const { strides, dilations, padding } = windowAttributes(node);
  const x = lowering.padded(lowering.view(node.inputs[0]!), padding);
  lowering.emit({
    kernel: "convFilterGrad",
    x,
    dy,
    init: init ?? lowering.zeros(out.shape[3]!),
    out,
    strides,
    dilations,
    scratch: winogradScratch(lowering, node, out, dy),
  });
}

/** Memory for Winograd's algorithm where it is the faster one for y = conv2d(x, w). */
function winogradScratch(lowering: Lowering, node: Tensor, w: View, y: View): View | undefined {
  const { strides, dilations } = windowAttributes(node);
  const [tapsY, tapsX, channelsIn, channelsOut] = w.shape as [number, number, number, number];
  const [, rows, columns] = y.shape as [number, number, number];
  const size = { rows, columns, channelsIn, channelsOut, tapsY, tapsX };
  if ([...strides, ...dilations].some((step) => step !== 1) || !prefersWinograd(size)) return undefined;
  return lowering.newValue([winogradScratchElements(size)]);
}

/** y = maxPool2d(x), or its gradient dx from dy, x and y. */
export function lowerPool(lowering: Lowering, node: Tensor, out: View): void {
  const inputs = node.inputs.map((input) => lowering.dense(lowering.view(input)));
  const isGrad = node.op === "maxPool2dGrad";
  const [x, y] = (isGrad ? inputs.slice(1) : [inputs[0]!, out]) as [View, View];
  const { kernel, strides, dilations, padding } = windowAttributes(node);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const words = [
    ...[batch, height, width, y.shape[1]!, y.shape[2]!, ...kernel, ...strides, ...dilations],
    ...[padding[0], padding[2], channels],
  ];
  lowering.emit({ kernel: "call", call: isGrad ? "maxPoolGrad" : "maxPool", inputs, words, out });
}
