import { windowAttributes } from "../../graph/ops/convolution.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { View } from "./fusedGraph.ts";
import type { Lowering } from "./lowering.ts";
import type { ProductOptions } from "./lowerMatmul.ts";
import { prefersTransposed } from "./transposedPlan.ts";
import { permuteView, reverseView } from "./views.ts";
import { prefersWinograd, winogradScratchElements } from "./winogradPlan.ts";

/** out = relu?(conv2d + init); init [outChannels]. The filter is read where it lies, turned or not. */
export function lowerConvolution(
  lowering: Lowering,
  node: Tensor,
  out: View,
  { init, relu = false }: ProductOptions,
): void {
  if (!init && !relu && lowerTransposed(lowering, node, out)) return;
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

/**
 * out = conv2d of an image whose pixels may be spread apart by zeros, as what each pixel adds to out, where that is the faster way: the
 * gradient of x, when zeros around or between the pixels of dy would be most of the work. Says whether it is.
 */
function lowerTransposed(lowering: Lowering, node: Tensor, out: View): boolean {
  const { strides, dilations, padding } = windowAttributes(node);
  if ([...strides, ...dilations].some((step) => step !== 1)) return false;
  const { source, steps } = unspread(node.inputs[0]!);
  const w = lowering.view(node.inputs[1]!);
  const [batch, height, width, channelsIn] = source.shape as [number, number, number, number];
  const [tapsY, tapsX] = w.shape as [number, number];
  const [, rows, columns, channelsOut] = out.shape as [number, number, number, number];
  const size = { rows, columns, channelsIn, channelsOut, tapsY, tapsX };
  if (!prefersTransposed(size, [height, width])) return false;
  const inputs = [
    lowering.dense(lowering.view(source)),
    lowering.dense(permuteView(reverseView(w, [0, 1]), [0, 2, 1, 3])),
  ];
  const words = [
    ...[batch, height, width, channelsIn, rows, columns, channelsOut, tapsY, tapsX],
    ...[...steps, tapsY - 1 - padding[0], tapsX - 1 - padding[2]],
  ];
  lowering.emit({ kernel: "call", call: "convTransposed", inputs, words, out });
  return true;
}

/** The image without the zeros between its pixels, and the pixels from one to the next. */
function unspread(image: Tensor): { readonly source: Tensor; readonly steps: readonly [number, number] } {
  const steps: [number, number] = [1, 1];
  let source = image;
  while (source.op === "pad") {
    const { axis, before, after, interior, value } = source.attributes as Record<string, number>;
    if ([before, after, value].some((other) => other !== 0) || (axis !== 1 && axis !== 2) || steps[axis - 1] !== 1)
      break;
    steps[axis - 1] = interior! + 1;
    source = source.inputs[0]!;
  }
  return { source, steps };
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

/** y = maxPool2d(x), or its gradient dx from dy, x and y; with `relu`, that of what relu made x of. */
export function lowerPool(lowering: Lowering, node: Tensor, out: View, { relu = false } = {}): void {
  const inputs = node.inputs.map((input) => lowering.dense(lowering.view(input)));
  const isGrad = node.op === "maxPool2dGrad";
  const [x, y] = (isGrad ? inputs.slice(1) : [inputs[0]!, out]) as [View, View];
  const { kernel, strides, dilations, padding } = windowAttributes(node);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const words = [
    ...[batch, height, width, y.shape[1]!, y.shape[2]!, ...kernel, ...strides, ...dilations],
    ...[padding[0], padding[2], channels, ...(isGrad ? [relu ? 1 : 0] : [])],
  ];
  lowering.emit({ kernel: "call", call: isGrad ? "maxPoolGrad" : "maxPool", inputs, words, out });
}
