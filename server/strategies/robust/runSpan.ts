import { createRng } from "../../../shared/base/rng.ts";
import { normalDraws } from "../../../shared/nn/initializer.ts";
import { dot, squaredDistance } from "./kernels/innerProducts.ts";
import { medianOf, nearMedianMeanOf, trimmedMeanOf } from "./kernels/orderStatistics.ts";
import { forEachTile, TILE, type Tile } from "./kernels/tile.ts";
import type { Span } from "./spans.ts";
import { numSums, type TileCall } from "./tileCall.ts";

/**
 * One span of a call: writes its coordinates of `values`, [numParams], and returns its own sums.
 * @throws RangeError if a row holds NaN or infinity there.
 */
export function runSpan(call: TileCall, span: Span, values: Float64Array): Float64Array {
  const sums = new Float64Array(numSums(call));
  forEachTile(call, span, tileWork(call, span, values, sums));
  return sums;
}

function tileWork(call: TileCall, span: Span, values: Float64Array, sums: Float64Array): (tile: Tile) => void {
  switch (call.kind) {
    case "squared-norms":
      return (tile) => addSquaredNorms(tile, sums);
    case "squared-distances":
      return (tile) => addSquaredDistances(tile, sums);
    case "dots":
      return (tile) => addDots(tile, call.vector, sums);
    case "combination":
      return (tile) => values.set(tile.values.subarray(0, tile.length), tile.start);
    case "noisy-combination": {
      // A stream of its own for each span: any thread can draw it.
      const noise = normalDraws(span.end - span.start, createRng(call.seed, "noise", span.index));
      return (tile) => {
        for (let t = 0; t < tile.length; t++) {
          const drawn = noise[tile.start - span.start + t] as number;
          values[tile.start + t] = (tile.values[t] as number) + call.stdDev * drawn;
        }
      };
    }
    case "median":
      return eachCoordinate(values, call.mix.rows.length, medianOf);
    case "trimmed-mean":
      return eachCoordinate(values, call.mix.rows.length, (column) => trimmedMeanOf(column, call.byzantine));
    case "near-median-mean": {
      const numRows = call.mix.rows.length;
      const scratch = { sorted: new Float64Array(numRows), distances: new Float64Array(numRows) };
      return eachCoordinate(values, numRows, (column) => nearMedianMeanOf(column, call.count, scratch));
    }
    case "move":
      return (tile) => move(tile, call, values, sums);
  }
}

function eachCoordinate(
  values: Float64Array,
  numRows: number,
  statistic: (column: Float64Array) => number,
): (tile: Tile) => void {
  const column = new Float64Array(numRows);
  return (tile) => {
    for (let t = 0; t < tile.length; t++) {
      for (let row = 0; row < numRows; row++) column[row] = tile.values[row * TILE + t] as number;
      values[tile.start + t] = statistic(column);
    }
  };
}

function addSquaredNorms({ numRows, values }: Tile, sums: Float64Array): void {
  for (let row = 0; row < numRows; row++) {
    sums[row] = (sums[row] as number) + dot(values, row * TILE, values, row * TILE);
  }
}

function addSquaredDistances({ numRows, values }: Tile, sums: Float64Array): void {
  let pair = 0;
  for (let i = 0; i < numRows; i++) {
    for (let j = i + 1; j < numRows; j++) {
      sums[pair] = (sums[pair] as number) + squaredDistance(values, i * TILE, values, j * TILE);
      pair += 1;
    }
  }
}

function addDots(tile: Tile, vector: Float64Array, sums: Float64Array): void {
  const piece = padded(vector, tile);
  for (let row = 0; row < tile.numRows; row++) {
    sums[row] = (sums[row] as number) + dot(tile.values, row * TILE, piece, 0);
  }
}

function move(
  tile: Tile,
  { vector, weights }: { readonly vector: Float64Array; readonly weights: Float64Array },
  values: Float64Array,
  sums: Float64Array,
): void {
  const from = padded(vector, tile);
  const to = from.slice();
  for (let row = 0; row < tile.numRows; row++) pull(to, from, tile.values, row * TILE, weights[row] as number);
  for (let row = 0; row < tile.numRows; row++) {
    sums[row] = (sums[row] as number) + squaredDistance(tile.values, row * TILE, to, 0);
  }
  sums[tile.numRows] = (sums[tile.numRows] as number) + squaredDistance(from, 0, to, 0);
  values.set(to.subarray(0, tile.length), tile.start);
}

/** to += weight · (row - from): the difference first, so that nothing long cancels. */
function pull(to: Float64Array, from: Float64Array, rows: Float64Array, start: number, weight: number): void {
  for (let t = 0; t < TILE; t++) {
    to[t] = (to[t] as number) + weight * ((rows[start + t] as number) - (from[t] as number));
  }
}

/** The tile's coordinates of a vector, zeros behind them. */
function padded(vector: Float64Array, { start, length }: Tile): Float64Array {
  const piece = new Float64Array(TILE);
  piece.set(vector.subarray(start, start + length));
  return piece;
}
