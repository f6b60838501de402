import { windowAttributes } from "../../graph/ops/convolution.ts";
import { numElements } from "../../graph/shape.ts";
import type { Shape, Tensor } from "../../graph/tensor.ts";
import { indexWithin } from "./indexing.ts";
import type { Values } from "./values.ts";

type ReferenceOp = (node: Tensor, inputs: readonly Values[]) => Float32Array;

/** The ops over windows of images, as the loops of their definitions. */
export const referenceWindows = {
  conv2d(node, [x, w]) {
    const sums = new Float64Array(numElements(node.shape));
    const [, wShape] = shapesOf(node);
    eachTap(node, node.shape, ({ out, source, tap, channel }) => {
      const filters = node.shape[3]!;
      for (let filter = 0; filter < filters; filter++) {
        sums[out * filters + filter]! += x![source]! * w![indexWithin([...tap, channel, filter], wShape)]!;
      }
    });
    return Float32Array.from(sums);
  },
  conv2dFilterGrad(node, [x, dy]) {
    const sums = new Float64Array(numElements(node.shape));
    const filters = node.shape[3]!;
    eachTap(node, node.inputs[1]!.shape, ({ out, source, tap, channel }) => {
      for (let filter = 0; filter < filters; filter++) {
        sums[indexWithin([...tap, channel, filter], node.shape)]! += x![source]! * dy![out * filters + filter]!;
      }
    });
    return Float32Array.from(sums);
  },
  maxPool2d(node, [x]) {
    const channels = node.shape[3]!;
    const largest = new Float32Array(numElements(node.shape)).fill(Number.NEGATIVE_INFINITY);
    eachTap(node, node.shape, ({ out, source, channel }) => {
      const i = out * channels + channel;
      largest[i] = Math.max(largest[i]!, x![source]!);
    });
    return largest;
  },
  maxPool2dGrad(node, [dy, x, y]) {
    const yShape = node.inputs[2]!.shape;
    const channels = yShape[3]!;
    const sums = new Float64Array(x!.length);
    const given = new Set<number>();
    eachTap({ ...node, inputs: [node.inputs[1]!] }, yShape, ({ out, source, channel }) => {
      const i = out * channels + channel;
      if (given.has(i) || x![source] !== y![i]) return;
      given.add(i);
      sums[source]! += dy![i]!;
    });
    return Float32Array.from(sums);
  },
} satisfies Record<string, ReferenceOp>;

interface Tap {
  /** Row-major index of the window: (image · outHeight + row) · outWidth + column. */
  readonly out: number;
  /** Index of the pixel's channel within x. */
  readonly source: number;
  readonly tap: readonly [number, number];
  readonly channel: number;
}

/** Visits every pixel and channel of every window in row-major order; taps in the padding are passed over. */
function eachTap(node: Tensor, outShape: Shape, visit: (tap: Tap) => void): void {
  const { kernel, strides, dilations, padding } = windowAttributes(node);
  const { shape } = node.inputs[0]!;
  const [, height, width, channels] = shape as [number, number, number, number];
  const [batch, outHeight, outWidth] = outShape as [number, number, number];
  for (let out = 0; out < batch * outHeight * outWidth; out++) {
    const image = Math.floor(out / (outHeight * outWidth));
    const outRow = Math.floor(out / outWidth) % outHeight;
    const outColumn = out % outWidth;
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        const row = outRow * strides[0] + i * dilations[0] - padding[0];
        const column = outColumn * strides[1] + j * dilations[1] - padding[2];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        for (let channel = 0; channel < channels; channel++) {
          visit({ out, source: indexWithin([image, row, column, channel], shape), tap: [i, j], channel });
        }
      }
    }
  }
}

function shapesOf(node: Tensor): readonly [Shape, Shape] {
  return [node.inputs[0]!.shape, node.inputs[1]!.shape];
}
