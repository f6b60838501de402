import { type ConvolutionSize, prefersWinograd } from "./winogradPlan.ts";

/** Products that reading and writing a tile of y takes as long as. */
const TILE_COST = 4;
const MIN_SAVING = 1.25;

/**
 * Whether kernels/assembly/convolutionTransposed.ts is the faster kernel for a convolution of images of so many pixels, [height, width],
 * without strides and dilations: where most of what `convolve` multiplies are zeros of the padding, or lanes that few outputs leave
 * empty. Decided by the shapes alone.
 */
export function prefersTransposed(size: ConvolutionSize, [height, width]: readonly [number, number]): boolean {
  const { rows, columns, channelsIn, channelsOut, tapsY, tapsX } = size;
  const winogradSaving = prefersWinograd(size) ? 2 : 1;
  const direct = (rows * columns * tapsY * tapsX * channelsIn * Math.ceil(channelsOut / 8)) / winogradSaving;
  const transposed = height * width * tapsY * (channelsIn + TILE_COST) * Math.ceil((tapsX * channelsOut) / 8);
  return direct > MIN_SAVING * transposed;
}
