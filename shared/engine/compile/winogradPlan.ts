/** A convolution as its kernel sees it: y [batch, rows, columns, channelsOut] from x [.., channelsIn], a filter of tapsY x tapsX. */
export interface ConvolutionSize {
  readonly rows: number;
  readonly columns: number;
  readonly channelsIn: number;
  readonly channelsOut: number;
  readonly tapsY: number;
  readonly tapsX: number;
}

/** Outputs of a tile in each direction. */
const TILE = 4;
/** Fewer channels, or less saved, and the way to the points and back costs more than the products saved. Measured. */
const MIN_CHANNELS = 16;
const MIN_SAVING = 2.2;

/**
 * Whether kernels/assembly/winograd.ts is the faster kernel for a convolution without strides and dilations: 3 x 3 or 5 x 5
 * taps, enough channels, and images that fill the tiles. Decided by the shapes of one image alone, so that its results depend
 * neither on the machine nor on the batch that it comes in.
 */
export function prefersWinograd(size: ConvolutionSize): boolean {
  const { rows, columns, channelsIn, channelsOut, tapsY, tapsX } = size;
  if (tapsY !== tapsX || (tapsY !== 3 && tapsY !== 5)) return false;
  const tiles = Math.ceil(rows / TILE) * Math.ceil(columns / TILE);
  const saving = (rows * columns * tapsY ** 2) / (tiles * alphaOf(size) ** 2);
  return Math.min(channelsIn, channelsOut) >= MIN_CHANNELS && saving >= MIN_SAVING;
}

/** f32 elements of scratch memory that the kernels `winograd` and `winogradFilterGrad` need; they leave nothing of use there. */
export function winogradScratchElements(size: ConvolutionSize): number {
  const { channelsIn, channelsOut, tapsY, tapsX } = size;
  const points = alphaOf(size) ** 2;
  // As `blockOf` in winograd.ts: tiles at once.
  const block = Math.max(Math.floor(Math.floor(196608 / (points * (channelsIn + channelsOut))) / 5), 2) * 5;
  const filter = points * pointElements(channelsIn, channelsOut);
  const tiles = points * (pointElements(block, channelsIn) + pointElements(block, channelsOut));
  return wholeVectors(channelsOut) + filter + Math.max(tiles, wholeVectors(tapsY * tapsX * channelsIn * channelsOut));
}

function alphaOf({ tapsY }: ConvolutionSize): number {
  return TILE + tapsY - 1;
}

/** As `pointBytes` in winogradTiles.ts. */
function pointElements(rows: number, channels: number): number {
  return rows * wholeVectors(channels) + 16;
}

function wholeVectors(elements: number): number {
  return Math.ceil(elements / 4) * 4;
}
