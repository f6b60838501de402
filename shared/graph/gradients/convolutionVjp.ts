import { conv2d, conv2dFilterGrad, type WindowAttributes, windowAttributes } from "../ops/convolution.ts";
import { pad, reverse, slice, transpose } from "../ops/shaping.ts";
import type { Shape, Tensor } from "../tensor.ts";

/** d conv2d(x, w): dx by the convolution of dy with the turned filter, dw by its own op. */
export function conv2dVjp(y: Tensor, dy: Tensor): readonly Tensor[] {
  const [x, w] = y.inputs as [Tensor, Tensor];
  const windows = windowAttributes(y);
  return [inputGrad(x.shape, w, dy, windows), conv2dFilterGrad(x, dy, windows.kernel, windows)];
}

/** dw is linear in x and in dy, and is the transpose of conv2d in both. */
export function conv2dFilterGradVjp(z: Tensor, dz: Tensor): readonly Tensor[] {
  const [x, dy] = z.inputs as [Tensor, Tensor];
  const windows = windowAttributes(z);
  return [inputGrad(x.shape, dz, dy, windows), conv2d(x, dz, windows)];
}

/**
 * Gradient of conv2d with respect to x: a convolution of dy, spread out by the strides, with the filter turned by half a
 * circle and its channels exchanged. What the padding of dy would make negative is cut off afterwards.
 */
function inputGrad(
  xShape: Shape,
  w: Tensor,
  dy: Tensor,
  { kernel, strides, dilations, padding }: WindowAttributes,
): Tensor {
  const turned = transpose(reverse(w, [0, 1]), [0, 1, 3, 2]);
  let spread = dy;
  const around = [0, 0, 0, 0] as [number, number, number, number];
  const cut = [0, 0];
  for (const i of [0, 1]) {
    spread = pad(spread, i + 1, 0, 0, { interior: strides[i]! - 1 });
    const reach = dilations[i]! * (kernel[i]! - 1);
    const before = padding[2 * i]!;
    around[2 * i] = Math.max(0, reach - before);
    cut[i] = Math.max(0, before - reach);
    // Every pixel of x must be reached, those behind the last window too.
    around[2 * i + 1] = Math.max(0, xShape[i + 1]! + cut[i]! + reach - around[2 * i]! - spread.shape[i + 1]!);
  }
  let dx = conv2d(spread, turned, { dilations, padding: around });
  for (const i of [0, 1]) dx = slice(dx, i + 1, cut[i]!, xShape[i + 1]!);
  return dx;
}
