/**
 * Convolutions of stride 1 by Winograd's minimal filtering (Lavin and Gray 2015, arXiv:1509.09308): tiles of 4 x 4 outputs cost
 * alpha² products a pair of channels, alpha = 3 + taps, instead of 16 · taps². Images and filter are taken to alpha² points,
 * where the convolution is a product of matrices over channels, and back. For filters of 3 x 3 and 5 x 5; rounding errors are
 * 4 to 9 times those of the direct sum, below 1e-5 of the largest output.
 *
 * `at` points to the words of `convolve`, without strides and dilations. `scratch` is compile/winogradPlan.ts' business.
 */
import { matmul } from "./matmul";
import {
  filterToPoints,
  imageToPoints,
  pointBytes,
  pointsToFilter,
  pointsToImage,
  rowBytes,
  TILE,
} from "./winogradTiles";

function word(at: usize, i: i32): i32 {
  return i32.load(at + ((<usize>i) << 2));
}

function bytes(at: usize, i: i32): usize {
  return <usize>word(at, i);
}

/** Tiles handled at once, a multiple of the product's 5 rows: their points stay in a second cache of 1 MiB. */
function blockOf(alpha: i32, channelsIn: i32, channelsOut: i32): i32 {
  return max(196608 / (alpha * alpha * (channelsIn + channelsOut)) / 5, 2) * 5;
}

/** to [taps, taps, channelsIn, channelsOut] = w, which lies otherwise. */
function copyFilter(at: usize, w: usize, to: usize): void {
  for (let y = 0; y < word(at, 5); y++) {
    for (let x = 0; x < word(at, 6); x++) {
      for (let i = 0; i < word(at, 3); i++) {
        let from = w + <usize>y * bytes(at, 15) + <usize>x * bytes(at, 16) + <usize>i * bytes(at, 17);
        for (let o = 0; o < word(at, 4); o++) {
          f32.store(to, f32.load(from));
          from += bytes(at, 18);
          to += 4;
        }
      }
    }
  }
}

/** As `convolve`; y must not overlap x. */
export function winograd(at: usize, x: usize, w: usize, y: usize, init: usize, floor: f32, scratch: usize): void {
  const rows = word(at, 1);
  const columns = word(at, 2);
  const channelsIn = word(at, 3);
  const channelsOut = word(at, 4);
  const taps = word(at, 5);
  const alpha = TILE + taps - 1;
  const tilesY = (rows + TILE - 1) / TILE;
  const tilesX = (columns + TILE - 1) / TILE;
  const block = blockOf(alpha, channelsIn, channelsOut);
  const uRow = rowBytes(channelsOut);
  const uPoint = pointBytes(channelsIn, channelsOut);
  const u = scratch + uRow;
  const v = u + <usize>(alpha * alpha) * uPoint;
  const m = v + <usize>(alpha * alpha) * pointBytes(block, channelsIn);
  memory.fill(scratch, 0, uRow);
  // The filter is only needed before the images' points are: it may use their place.
  copyFilter(at, w, v);
  filterToPoints(alpha, taps, v, channelsIn, channelsOut, u);
  const tiles = word(at, 0) * tilesY * tilesX;
  for (let first = 0; first < tiles; first += block) {
    const count = min(block, tiles - first);
    imageToPoints(
      alpha,
      alpha,
      x,
      bytes(at, 7),
      bytes(at, 8),
      bytes(at, 9),
      rows + taps - 1,
      columns + taps - 1,
      channelsIn,
      tilesY,
      tilesX,
      first,
      count,
      v,
    );
    const vRow = rowBytes(channelsIn);
    const vPoint = pointBytes(count, channelsIn);
    const mPoint = pointBytes(count, channelsOut);
    for (let p = 0; p < alpha * alpha; p++) {
      const up = u + <usize>p * uPoint;
      const vp = v + <usize>p * vPoint;
      const mp = m + <usize>p * mPoint;
      matmul(vp, vRow, 4, up, uRow, 4, mp, uRow, count, channelsIn, channelsOut, scratch, 0, -Infinity);
    }
    pointsToImage(
      alpha,
      m,
      y,
      bytes(at, 12),
      bytes(at, 13),
      bytes(at, 14),
      rows,
      columns,
      channelsOut,
      tilesY,
      tilesX,
      first,
      count,
      init,
      f32x4.splat(floor),
    );
  }
}

/** As `convolveFilterGrad`. */
export function winogradFilterGrad(
  at: usize,
  x: usize,
  dy: usize,
  dw: usize,
  init: usize,
  initStride: usize,
  scratch: usize,
): void {
  const rows = word(at, 1);
  const columns = word(at, 2);
  const channelsIn = word(at, 3);
  const channelsOut = word(at, 4);
  const taps = word(at, 5);
  const alpha = TILE + taps - 1;
  const tilesY = (rows + TILE - 1) / TILE;
  const tilesX = (columns + TILE - 1) / TILE;
  const block = blockOf(alpha, channelsIn, channelsOut);
  const uRow = rowBytes(channelsOut);
  const uPoint = pointBytes(channelsIn, channelsOut);
  const u = scratch + uRow;
  const v = u + <usize>(alpha * alpha) * uPoint;
  const m = v + <usize>(alpha * alpha) * pointBytes(block, channelsIn);
  memory.fill(scratch, 0, uRow);
  const tiles = word(at, 0) * tilesY * tilesX;
  for (let first = 0; first < tiles; first += block) {
    const count = min(block, tiles - first);
    imageToPoints(
      alpha,
      alpha,
      x,
      bytes(at, 7),
      bytes(at, 8),
      bytes(at, 9),
      rows + taps - 1,
      columns + taps - 1,
      channelsIn,
      tilesY,
      tilesX,
      first,
      count,
      v,
    );
    imageToPoints(
      alpha,
      TILE,
      dy,
      bytes(at, 12),
      bytes(at, 13),
      bytes(at, 14),
      rows,
      columns,
      channelsOut,
      tilesY,
      tilesX,
      first,
      count,
      m,
    );
    const vRow = rowBytes(channelsIn);
    const vPoint = pointBytes(count, channelsIn);
    const mPoint = pointBytes(count, channelsOut);
    for (let p = 0; p < alpha * alpha; p++) {
      const up = u + <usize>p * uPoint;
      const vp = v + <usize>p * vPoint;
      const mp = m + <usize>p * mPoint;
      const start = first == 0 ? scratch : up;
      const startStride: usize = first == 0 ? 0 : uRow;
      matmul(vp, 4, vRow, mp, uRow, 4, up, uRow, channelsIn, count, channelsOut, start, startStride, -Infinity);
    }
  }
  pointsToFilter(alpha, taps, u, channelsIn, channelsOut, dw, init, initStride);
}
