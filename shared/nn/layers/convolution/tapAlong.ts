import { slice } from "../../../graph/ops.ts";
import { shapeText } from "../../../graph/shape.ts";
import type { Tensor } from "../../../graph/tensor.ts";

/**
 * What each tap of a window sees along one axis: tensor k holds the elements k · dilation + stride · window for all windows.
 * @throws RangeError if no window fits.
 */
export function tapAlong(x: Tensor, axis: number, kernel: number, stride: number, dilation: number): Tensor[] {
  const available = x.shape[axis]!;
  const span = dilation * (kernel - 1) + 1;
  if (span > available) {
    throw new RangeError(
      `window of ${span} expected to fit in axis ${axis}, got ${shapeText(x.shape)} with its padding`,
    );
  }
  const windows = Math.floor((available - span) / stride) + 1;
  return Array.from({ length: kernel }, (_, k) => slice(x, axis, k * dilation, windows, stride));
}
