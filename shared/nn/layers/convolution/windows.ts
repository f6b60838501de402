import { assertInteger, assertPositiveInteger } from "../../../base/assert.ts";
import type { WindowOptions } from "../../../graph/ops.ts";

/** One size for both directions, or [vertical, horizontal]. */
export type Extent = number | readonly [number, number];

/**
 * Pixels around an image: none ("valid"), as many as give ceil(size / stride) windows with an odd one at the end ("same",
 * as TensorFlow), a number for every side, or [top, bottom, left, right].
 */
export type Padding = "same" | "valid" | number | readonly [number, number, number, number];

/** The same along time; "causal" puts all of it before, so that no window sees what comes later. */
export type Padding1d = "same" | "valid" | "causal" | number | readonly [number, number];

/** Windows of a layer, complete, before the size of its input is known. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: Padding;
}

/** @throws TypeError or RangeError unless the value is one or two whole numbers >= 1. */
export function extentOf(label: string, value: Extent): readonly [number, number] {
  const pair: readonly [number, number] = typeof value === "number" ? [value, value] : value;
  for (const size of pair) assertPositiveInteger(label, size);
  return pair;
}

/** @throws TypeError or RangeError unless the padding is one of the words or whole numbers >= 0. */
export function assertPadding(padding: Padding | Padding1d, words: readonly string[]): void {
  if (typeof padding === "string") {
    if (!words.includes(padding)) {
      throw new TypeError(`"padding" expected ${words.join(", ")} or whole numbers, got ${JSON.stringify(padding)}`);
    }
    return;
  }
  for (const size of typeof padding === "number" ? [padding] : padding) assertInteger("padding", size, 0);
}

/** Options of the ops over windows for an image of this size. */
export function windowOptions(
  { kernel, strides, dilations, padding }: Windows,
  height: number,
  width: number,
): Required<WindowOptions> {
  const along = (size: number, i: 0 | 1): readonly [number, number] => {
    const span = dilations[i] * (kernel[i] - 1) + 1;
    return padding === "same" ? samePadding(size, span, strides[i]) : [0, 0];
  };
  if (typeof padding === "string") {
    return { strides, dilations, padding: [...along(height, 0), ...along(width, 1)] };
  }
  return { strides, dilations, padding: typeof padding === "number" ? [padding, padding, padding, padding] : padding };
}

/** Padding along time as that of an image one pixel high. */
export function padding1dOf(padding: Padding1d, kernel: number, dilation: number): Padding {
  if (padding === "causal") return [0, 0, dilation * (kernel - 1), 0];
  if (typeof padding === "number") return [0, 0, padding, padding];
  return typeof padding === "string" ? padding : [0, 0, padding[0], padding[1]];
}

/** [before, after] such that ceil(size / stride) windows fit. */
function samePadding(size: number, span: number, stride: number): readonly [number, number] {
  const windows = Math.ceil(size / stride);
  const total = Math.max(0, (windows - 1) * stride + span - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** "3x5", for names. */
export function extentText([vertical, horizontal]: readonly [number, number]): string {
  return `${vertical}x${horizontal}`;
}
