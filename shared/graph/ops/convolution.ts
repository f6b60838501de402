import { assertInteger, assertPositiveInteger } from "../../base/assert.ts";
import { createNode } from "../node.ts";
import { assertDType, shapeText } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

export interface WindowOptions {
  /** Pixels between neighbouring windows, [vertical, horizontal]; [1, 1] when absent. */
  readonly strides?: readonly [number, number];
  /** Pixels between neighbouring taps of a window; [1, 1] when absent. */
  readonly dilations?: readonly [number, number];
  /** Pixels around the image, [top, bottom, left, right]: 0 for a convolution, -infinity for a maximum. None when absent. */
  readonly padding?: readonly [number, number, number, number];
}

/** The attributes of every op over windows, complete. */
export interface WindowAttributes {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
}

/**
 * Cross-correlation, channels last.
 * Shapes: x [batch, height, width, inChannels], w [kernelHeight, kernelWidth, inChannels, outChannels]
 * -> [batch, outHeight, outWidth, outChannels], outHeight = floor((height + top + bottom - dilation (kernelHeight - 1) - 1) / stride) + 1.
 * @throws RangeError unless the channels agree and the filter fits.
 */
export function conv2d(x: Tensor, w: Tensor, options: WindowOptions = {}): Tensor {
  assertDType("conv2d", "f32", x, w);
  if (x.shape.length !== 4 || w.shape.length !== 4 || x.shape[3] !== w.shape[2]) {
    throw new RangeError(
      `conv2d expected x [batch, height, width, inChannels] and w [kernelHeight, kernelWidth, inChannels, outChannels], got ${shapeText(x.shape)} and ${shapeText(w.shape)}`,
    );
  }
  const attributes = completeWindows([w.shape[0]!, w.shape[1]!], options);
  const [outHeight, outWidth] = countWindows("conv2d", x, attributes);
  return createNode("conv2d", [x, w], [x.shape[0]!, outHeight, outWidth, w.shape[3]!], { attributes });
}

/**
 * Gradient of `conv2d` with respect to its filter.
 * Shapes: x as in conv2d, dy [batch, outHeight, outWidth, outChannels] -> [kernelHeight, kernelWidth, inChannels, outChannels].
 * @throws RangeError unless dy is the shape that such a convolution of x has.
 */
export function conv2dFilterGrad(
  x: Tensor,
  dy: Tensor,
  kernel: readonly [number, number],
  options: WindowOptions = {},
): Tensor {
  assertDType("conv2dFilterGrad", "f32", x, dy);
  const attributes = completeWindows(kernel, options);
  const [outHeight, outWidth] = countWindows("conv2dFilterGrad", x, attributes);
  const [batch, dyHeight, dyWidth, outChannels] = dy.shape;
  if (dy.shape.length !== 4 || batch !== x.shape[0] || dyHeight !== outHeight || dyWidth !== outWidth) {
    throw new RangeError(
      `conv2dFilterGrad expected dy [${x.shape[0]}, ${outHeight}, ${outWidth}, outChannels] for x ${shapeText(x.shape)}, got ${shapeText(dy.shape)}`,
    );
  }
  return createNode("conv2dFilterGrad", [x, dy], [...kernel, x.shape[3]!, outChannels!], { attributes });
}

/**
 * Largest value of each window and channel; the strides are those of the kernel when absent.
 * Shapes: x [batch, height, width, channels] -> [batch, outHeight, outWidth, channels].
 * Of equal maxima the first in row-major order gets the gradient.
 */
export function maxPool2d(x: Tensor, kernel: readonly [number, number], options: WindowOptions = {}): Tensor {
  assertDType("maxPool2d", "f32", x);
  const attributes = completeWindows(kernel, { strides: kernel, ...options });
  const [outHeight, outWidth] = countWindows("maxPool2d", x, attributes);
  const span = (i: number): number => attributes.dilations[i]! * (kernel[i]! - 1) + 1;
  if (attributes.padding.some((size, side) => size >= span(side >> 1))) {
    throw new RangeError(`maxPool2d expected a padding below its window, got ${shapeText(attributes.padding)}`);
  }
  return createNode("maxPool2d", [x], [x.shape[0]!, outHeight, outWidth, x.shape[3]!], { attributes });
}

/** Gradient of `y = maxPool2d(x)` with respect to x. Shapes: dy and y [batch, outHeight, outWidth, channels] -> that of x. */
export function maxPool2dGrad(dy: Tensor, x: Tensor, y: Tensor): Tensor {
  return createNode("maxPool2dGrad", [dy, x, y], x.shape, { attributes: y.attributes });
}

/** The typed attributes of a node over windows. */
export function windowAttributes({ attributes }: Tensor): WindowAttributes {
  return attributes as unknown as WindowAttributes;
}

function completeWindows(kernel: readonly [number, number], options: WindowOptions) {
  const { strides = [1, 1], dilations = [1, 1], padding = [0, 0, 0, 0] } = options;
  for (const size of kernel) assertPositiveInteger("kernel", size);
  for (const size of strides) assertPositiveInteger("strides", size);
  for (const size of dilations) assertPositiveInteger("dilations", size);
  for (const size of padding) assertInteger("padding", size, 0);
  return { kernel: [...kernel], strides: [...strides], dilations: [...dilations], padding: [...padding] };
}

function countWindows(op: string, x: Tensor, attributes: ReturnType<typeof completeWindows>): [number, number] {
  if (x.shape.length !== 4) {
    throw new RangeError(`${op} expected x [batch, height, width, channels], got ${shapeText(x.shape)}`);
  }
  const { kernel, strides, dilations, padding } = attributes;
  const along = (i: number): number => {
    const available = x.shape[i + 1]! + padding[2 * i]! + padding[2 * i + 1]!;
    const span = dilations[i]! * (kernel[i]! - 1) + 1;
    if (span > available) {
      throw new RangeError(
        `${op} expected a window of ${span} pixels within ${available}, got x ${shapeText(x.shape)}`,
      );
    }
    return Math.floor((available - span) / strides[i]!) + 1;
  };
  return [along(0), along(1)];
}
