/**
 * Several elementwise functions in one walk: a block of elements at a time goes through all of them, and what only the next ones
 * need stays in a few blocks of scratch, within the first cache.
 *
 * Short rows (an image of few channels, a bias) are walked many at a time: an array that is the same in every row, or one value a
 * row, is spread out over a block of scratch, so that each function still sees a long, dense row.
 */
import { storeLanes } from "./lanes";
import { mapRow } from "./map";

/** Elements of a block. */
const BLOCK: i32 = 256;
const BLOCK_BYTES: usize = 1024;
/** Rows shorter than this are walked together. */
const SHORT: i32 = 128;
/** As many blocks as a chain has links, at most. */
const scratch: usize = memory.data(24 * 1024, 16);
/** A block for each array that is spread out. */
const spread: usize = memory.data(24 * 1024, 16);
/** Addresses of the arrays at the current row. */
const cursors: usize = memory.data(24 * 4);
/** How each array lies within a block of several rows (DENSE, ...). */
const forms: usize = memory.data(24 * 4);

const DENSE: i32 = 0;
const ONE_VALUE: i32 = 1;
const SAME_IN_ROWS: i32 = 2;
const ONE_A_ROW: i32 = 3;
const OTHER: i32 = 4;

let rank: i32 = 0;
let dims: usize = 0;
let arrays: usize = 0;
let count: i32 = 0;
let links: usize = 0;
/** Bytes of one array's entry in the instruction. */
let entry: usize = 0;

function word(at: usize, i: i32): i32 {
  return i32.load(at + ((<usize>i) << 2));
}

/** Bytes from one element of array i to the next along an axis. */
function stride(i: i32, axis: i32): i32 {
  return word(arrays + <usize>i * entry, 1 + axis);
}

/** `code` points at the operands of the instruction: rank, dims, arrays, links; see opcodes.ts. */
export function chain(code: usize): void {
  rank = word(code, 0);
  dims = code + 4;
  count = word(dims, rank);
  arrays = dims + ((<usize>rank + 1) << 2);
  entry = (<usize>rank + 1) << 2;
  links = arrays + <usize>count * entry;
  for (let i = 0; i < count; i++) i32.store(cursors + ((<usize>i) << 2), i32.load(arrays + <usize>i * entry));
  if (rank > 1 && word(dims, rank - 1) < SHORT && findForms()) walk(0, rank - 2);
  else walk(0, rank - 1);
}

/** Whether several rows make one block: every array has a form, and what is written is dense. */
function findForms(): bool {
  const bytes = word(dims, rank - 1) << 2;
  for (let i = 0; i < count; i++) {
    const along = stride(i, rank - 1);
    const down = stride(i, rank - 2);
    let form = OTHER;
    if (along == 4) form = down == bytes ? DENSE : down == 0 ? SAME_IN_ROWS : OTHER;
    else if (along == 0) form = down == 0 ? ONE_VALUE : ONE_A_ROW;
    if (form == OTHER) return false;
    i32.store(forms + ((<usize>i) << 2), form);
  }
  for (let i = 0; i < word(links, 0); i++) {
    const out = word(links, 2 + 5 * i);
    if (out >= 0 && word(forms, out) != DENSE) return false;
  }
  return true;
}

/** Walks the axes before `last`, and what is left in blocks: a row, or several rows. */
function walk(axis: i32, last: i32): void {
  const n = word(dims, axis);
  if (axis == last) {
    if (last == rank - 1) {
      for (let first = 0; first < n; first += BLOCK) block(first, min(BLOCK, n - first), false);
    } else {
      rows(n, word(dims, rank - 1));
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    walk(axis + 1, last);
    move(axis, 1);
  }
  move(axis, -n);
}

/** Moves every cursor by `times` strides of the axis. */
function move(axis: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    const at = cursors + ((<usize>i) << 2);
    i32.store(at, i32.load(at) + times * stride(i, axis));
  }
}

/** `numRows` rows of n elements, as many at a time as fit a block. */
function rows(numRows: i32, n: i32): void {
  const high = max(BLOCK / n, 1);
  for (let i = 0; i < count; i++) {
    if (word(forms, i) != SAME_IN_ROWS) continue;
    const to = spread + <usize>i * BLOCK_BYTES;
    const from = <usize>word(cursors, i);
    for (let r = 0; r < min(high, numRows); r++) memory.copy(to + ((<usize>(r * n)) << 2), from, (<usize>n) << 2);
  }
  for (let first = 0; first < numRows; first += high) {
    const height = min(high, numRows - first);
    for (let i = 0; i < count; i++) {
      if (word(forms, i) == ONE_A_ROW) spreadValues(i, first, height, n);
    }
    block(first * n, height * n, true);
  }
}

/** One value a row of array i, each over its row of the block. */
function spreadValues(i: i32, first: i32, height: i32, n: i32): void {
  const step = <usize>stride(i, rank - 2);
  let from = <usize>word(cursors, i) + <usize>first * step;
  let to = spread + <usize>i * BLOCK_BYTES;
  for (let r = 0; r < height; r++) {
    const value = v128.load32_splat(from);
    for (let j = 0; j < n; j += 4) storeLanes(to + ((<usize>j) << 2), value, n - j);
    from += step;
    to += (<usize>n) << 2;
  }
}

/** Stride in elements of an operand within the block. */
function strideWithin(operand: i32, severalRows: bool): i32 {
  if (operand < 0) return 1;
  if (severalRows) return word(forms, operand) == ONE_VALUE ? 0 : 1;
  return stride(operand, rank - 1) >> 2;
}

/** Address of an operand at element `first` of the row, or of the rows taken together. */
function addressOf(operand: i32, step: i32, first: i32, severalRows: bool): usize {
  if (operand < 0) return scratch + <usize>(-1 - operand) * BLOCK_BYTES;
  if (severalRows && word(forms, operand) >= SAME_IN_ROWS) return spread + <usize>operand * BLOCK_BYTES;
  return <usize>word(cursors, operand) + <usize>(first * step * 4);
}

function block(first: i32, n: i32, severalRows: bool): void {
  let link = links + 4;
  for (let i = word(links, 0); i > 0; i--) {
    const so = strideWithin(word(link, 1), severalRows);
    const sa = strideWithin(word(link, 2), severalRows);
    const sb = strideWithin(word(link, 3), severalRows);
    const sc = strideWithin(word(link, 4), severalRows);
    mapRow(
      word(link, 0),
      n,
      addressOf(word(link, 1), so, first, severalRows),
      so,
      addressOf(word(link, 2), sa, first, severalRows),
      sa,
      addressOf(word(link, 3), sb, first, severalRows),
      sb,
      addressOf(word(link, 4), sc, first, severalRows),
      sc,
    );
    link += 20;
  }
}
