/** Tiles of images and filters to Winograd's points and back, four channels at a time; see winograd.ts. */
import { storeLanes } from "./lanes";
import { evaluate, gather, toPoints } from "./winogradLines";

/** Outputs of a tile, in each direction. */
export const TILE: i32 = 4;

/** One tile between its two passes: 8 x 8 vectors, then its 5 x 5 results. */
const between: usize = memory.data(64 * 16 + 25 * 16, 64);
/** A tile that reaches beyond the image, with zeros there. */
const patch: usize = memory.data(64 * 16, 64);

/** Bytes from one row of a point's matrix to the next: whole vectors. */
export function rowBytes(channels: i32): usize {
  return (<usize>((channels + 3) & ~3)) << 2;
}

/** Bytes from one point's matrix to the next: 64 more than the matrix, or all of them could meet in one set of a cache. */
export function pointBytes(rows: i32, channels: i32): usize {
  return <usize>rows * rowBytes(channels) + 64;
}

/** u [alpha², channelsIn, channelsOut] = the points of w [taps, taps, channelsIn, channelsOut], dense. */
export function filterToPoints(alpha: i32, taps: i32, w: usize, channelsIn: i32, channelsOut: i32, u: usize): void {
  const point = pointBytes(channelsIn, channelsOut);
  const tap = (<usize>(channelsIn * channelsOut)) << 2;
  const line = (<usize>alpha) << 4;
  for (let i = 0; i < channelsIn; i++) {
    const from = w + ((<usize>(i * channelsOut)) << 2);
    const to = u + <usize>i * rowBytes(channelsOut);
    for (let o = 0; o < channelsOut; o += 4) {
      const at = (<usize>o) << 2;
      evaluate(alpha, taps, true, taps, from + at, tap, tap * taps, between, 16, line);
      evaluate(alpha, taps, true, alpha, between, line, 16, to + at, point * alpha, point);
    }
  }
}

/** dw [taps, taps, channelsIn, channelsOut], dense, = init + the filter gradient whose points are u. init as in `convolveFilterGrad`. */
export function pointsToFilter(
  alpha: i32,
  taps: i32,
  u: usize,
  channelsIn: i32,
  channelsOut: i32,
  dw: usize,
  init: usize,
  initStride: usize,
): void {
  const point = pointBytes(channelsIn, channelsOut);
  const line = (<usize>alpha) << 4;
  const out = between + 1024;
  for (let c = 0; c < channelsIn; c++) {
    for (let o = 0; o < channelsOut; o += 4) {
      const at = (<usize>o) << 2;
      const from = u + <usize>c * rowBytes(channelsOut) + at;
      gather(alpha, taps, true, alpha, from, point, point * alpha, between, 16, line);
      gather(alpha, taps, true, taps, between, line, 16, out, 80, 16);
      for (let i = 0; i < taps; i++) {
        for (let j = 0; j < taps; j++) {
          const row = <usize>((i * taps + j) * channelsIn + c);
          const value = f32x4.add(
            v128.load(init + row * initStride + at),
            v128.load(out + ((<usize>(5 * i + j)) << 4)),
          );
          storeLanes(dw + ((row * <usize>channelsOut) << 2) + at, value, channelsOut - o);
        }
      }
    }
  }
}

/**
 * v [alpha², count, channels] = the points of `count` tiles of images [.., height, width, channels] from tile `first` on. A tile
 * lies TILE pixels from its neighbour; `edge` x `edge` pixels of it are read: alpha (inputs) or TILE (outputs). What lies
 * beyond the image counts as 0. `image`, `row`, `pixel` are steps in bytes.
 */
export function imageToPoints(
  alpha: i32,
  edge: i32,
  x: usize,
  image: usize,
  row: usize,
  pixel: usize,
  height: i32,
  width: i32,
  channels: i32,
  tilesY: i32,
  tilesX: i32,
  first: i32,
  count: i32,
  v: usize,
): void {
  const point = pointBytes(count, channels);
  const line = (<usize>alpha) << 4;
  for (let t = 0; t < count; t++) {
    const tile = first + t;
    const b = tile / (tilesY * tilesX);
    const inImage = tile - b * tilesY * tilesX;
    const ty = inImage / tilesX;
    const top = ty * TILE;
    const left = (inImage - ty * tilesX) * TILE;
    const from = x + <usize>b * image + <usize>top * row + <usize>left * pixel;
    const to = v + <usize>t * rowBytes(channels);
    const rows = min(edge, height - top);
    const columns = min(edge, width - left);
    const isWhole = rows == edge && columns == edge;
    if (!isWhole) memory.fill(patch, 0, 1024);
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2;
      let start = from + at;
      let stepX = pixel;
      let stepY = row;
      if (!isWhole) {
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < columns; j++) {
            v128.store(patch + ((<usize>(8 * i + j)) << 4), v128.load(start + <usize>i * row + <usize>j * pixel));
          }
        }
        start = patch;
        stepX = 16;
        stepY = 128;
      }
      if (edge == alpha) {
        toPoints(alpha, alpha, start, stepX, stepY, between, 16, line);
        toPoints(alpha, alpha, between, line, 16, to + at, point * alpha, point);
      } else {
        evaluate(alpha, edge, false, edge, start, stepX, stepY, between, 16, line);
        evaluate(alpha, edge, false, alpha, between, line, 16, to + at, point * alpha, point);
      }
    }
  }
}

/**
 * `count` tiles of y [.., rows, columns, channels] = max(init [channels] + what the points m [alpha², count, channels] say, floor).
 * `image`, `row`, `pixel` are steps in y, in bytes.
 */
export function pointsToImage(
  alpha: i32,
  m: usize,
  y: usize,
  image: usize,
  row: usize,
  pixel: usize,
  rows: i32,
  columns: i32,
  channels: i32,
  tilesY: i32,
  tilesX: i32,
  first: i32,
  count: i32,
  init: usize,
  floor: v128,
): void {
  const point = pointBytes(count, channels);
  const line = (<usize>alpha) << 4;
  const out = between + 1024;
  for (let t = 0; t < count; t++) {
    const tile = first + t;
    const b = tile / (tilesY * tilesX);
    const inImage = tile - b * tilesY * tilesX;
    const ty = inImage / tilesX;
    const top = ty * TILE;
    const left = (inImage - ty * tilesX) * TILE;
    const to = y + <usize>b * image + <usize>top * row + <usize>left * pixel;
    const height = min(TILE, rows - top);
    const width = min(TILE, columns - left);
    for (let c = 0; c < channels; c += 4) {
      const at = (<usize>c) << 2;
      const bias = v128.load(init + at);
      gather(
        alpha,
        TILE,
        false,
        alpha,
        m + <usize>t * rowBytes(channels) + at,
        point,
        point * alpha,
        between,
        16,
        line,
      );
      gather(alpha, TILE, false, height, between, line, 16, out, 64, 16);
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < width; j++) {
          const value = f32x4.pmax(f32x4.add(v128.load(out + ((<usize>(4 * i + j)) << 4)), bias), floor);
          storeLanes(to + at + <usize>i * row + <usize>j * pixel, value, channels - c);
        }
      }
    }
  }
}
