/**
 * Several elementwise functions in one walk: a block of each row at a time goes through all of them, and what only the next ones
 * need stays in a few blocks of scratch, within the first cache.
 */
import { mapRow } from "./map";

/** Elements of a block. */
const BLOCK: i32 = 256;
const BLOCK_BYTES: usize = 1024;
/** As many as a chain has links, at most. */
const scratch: usize = memory.data(24 * 1024, 16);
/** Addresses of the arrays at the current row. */
const cursors: usize = memory.data(24 * 4);

function word(at: usize, i: i32): i32 {
  return i32.load(at + ((<usize>i) << 2));
}

/** `code` points at the operands of the instruction: rank, dims, arrays, links; see opcodes.ts. */
export function chain(code: usize): void {
  const rank = word(code, 0);
  const dims = code + 4;
  const count = word(dims, rank);
  const arrays = dims + ((<usize>rank + 1) << 2);
  const size = (<usize>rank + 1) << 2;
  const links = arrays + <usize>count * size;
  for (let i = 0; i < count; i++) {
    i32.store(cursors + ((<usize>i) << 2), i32.load(arrays + <usize>i * size));
  }
  walk(rank, 0, dims, arrays, count, links);
}

function walk(rank: i32, axis: i32, dims: usize, arrays: usize, count: i32, links: usize): void {
  const n = word(dims, axis);
  if (axis == rank - 1) {
    for (let first = 0; first < n; first += BLOCK) row(rank, arrays, links, first, min(BLOCK, n - first));
    return;
  }
  for (let i = 0; i < n; i++) {
    walk(rank, axis + 1, dims, arrays, count, links);
    move(rank, axis, arrays, count, 1);
  }
  move(rank, axis, arrays, count, -n);
}

/** Moves every cursor by `times` strides of the axis. */
function move(rank: i32, axis: i32, arrays: usize, count: i32, times: i32): void {
  const size = (<usize>rank + 1) << 2;
  for (let i = 0; i < count; i++) {
    const at = cursors + ((<usize>i) << 2);
    i32.store(at, i32.load(at) + times * word(arrays + <usize>i * size, 1 + axis));
  }
}

/** Stride in elements of an operand along the row. */
function strideOf(rank: i32, arrays: usize, operand: i32): i32 {
  if (operand < 0) return 1;
  return word(arrays + <usize>operand * ((<usize>rank + 1) << 2), rank) >> 2;
}

function addressOf(operand: i32, stride: i32, first: i32): usize {
  if (operand < 0) return scratch + <usize>(-1 - operand) * BLOCK_BYTES;
  return <usize>i32.load(cursors + ((<usize>operand) << 2)) + <usize>(first * stride * 4);
}

function row(rank: i32, arrays: usize, links: usize, first: i32, n: i32): void {
  const count = word(links, 0);
  let link = links + 4;
  for (let i = 0; i < count; i++) {
    const out = word(link, 1);
    const a = word(link, 2);
    const b = word(link, 3);
    const c = word(link, 4);
    const so = strideOf(rank, arrays, out);
    const sa = strideOf(rank, arrays, a);
    const sb = strideOf(rank, arrays, b);
    const sc = strideOf(rank, arrays, c);
    mapRow(
      word(link, 0),
      n,
      addressOf(out, so, first),
      so,
      addressOf(a, sa, first),
      sa,
      addressOf(b, sb, first),
      sb,
      addressOf(c, sc, first),
      sc,
    );
    link += 20;
  }
}
