/** Kernels that walk rows: the batch gather, and what is computed from a row of logits. */
import { SOURCE_F32, SOURCE_U8 } from "../../opcodes";
import { firstLanes, mulAdd, storeLanes, sumLanes } from "./lanes";
import { exp4, log4 } from "./math";

function affine(x: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_u(x), scale), offset);
}

function gatherBytes(out: usize, p: usize, length: i32, scale: f32, offset: f32, toInt: bool): void {
  const s = f32x4.splat(scale);
  const t = f32x4.splat(offset);
  let left = toInt ? 0 : length;
  for (; left >= 16; left -= 16) {
    const bytes = v128.load(p);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    v128.store(out, affine(i32x4.extend_low_i16x8_u(low), s, t));
    v128.store(out, affine(i32x4.extend_high_i16x8_u(low), s, t), 16);
    v128.store(out, affine(i32x4.extend_low_i16x8_u(high), s, t), 32);
    v128.store(out, affine(i32x4.extend_high_i16x8_u(high), s, t), 48);
    p += 16;
    out += 64;
  }
  for (left = toInt ? length : left; left > 0; left--) {
    if (toInt) i32.store(out, load<u8>(p));
    else f32.store(out, <f32>load<u8>(p) * scale + offset);
    p += 1;
    out += 4;
  }
}

/** out[i] = source[indices[i]] * scale + offset, in rows of `length`. An i32 source, or `toInt`, is copied as it is. */
export function gather(
  out: usize,
  type: i32,
  source: usize,
  indices: usize,
  batch: i32,
  length: i32,
  scale: f32,
  offset: f32,
  toInt: bool,
): void {
  const s = f32x4.splat(scale);
  const t = f32x4.splat(offset);
  for (let i = 0; i < batch; i++) {
    const row = <usize>i32.load(indices + ((<usize>i) << 2)) * <usize>length;
    if (type == SOURCE_U8) {
      gatherBytes(out, source + row, length, scale, offset, toInt);
    } else {
      const p = source + (row << 2);
      for (let j = 0; j < length; j += 4) {
        const x = v128.load(p + ((<usize>j) << 2));
        storeLanes(out + ((<usize>j) << 2), type == SOURCE_F32 ? f32x4.add(f32x4.mul(x, s), t) : x, length - j);
      }
    }
    out += (<usize>length) << 2;
  }
}

/** Largest of a row; NaN if one is. */
function largest(x: usize, n: i32): f32 {
  let top = f32.load(x);
  let i = 0;
  if (n >= 4) {
    let lanes = v128.load(x);
    for (i = 4; i + 4 <= n; i += 4) lanes = f32x4.max(lanes, v128.load(x + ((<usize>i) << 2)));
    const halves = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
    top = f32x4.extract_lane(f32x4.max(halves, v128.shuffle<f32>(halves, halves, 1, 0, 3, 2)), 0);
  }
  for (; i < n; i++) top = max(top, f32.load(x + ((<usize>i) << 2)));
  return top;
}

/** Sum of e^(x - top) over a row; the terms are stored at `out` unless it is 0. */
function expSum(x: usize, n: i32, top: f32, out: usize): f32 {
  const shift = f32x4.splat(top);
  let sum = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    let e = exp4(f32x4.sub(v128.load(x + ((<usize>i) << 2)), shift));
    if (out) storeLanes(out + ((<usize>i) << 2), e, n - i);
    if (n - i < 4) e = firstLanes(e, n - i);
    sum = f32x4.add(sum, e);
  }
  return sumLanes(sum);
}

function scaleRow(x: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let i = 0; i < n; i += 4) {
    const p = x + ((<usize>i) << 2);
    storeLanes(p, f32x4.mul(v128.load(p), f), n - i);
  }
}

/** Softmax of each row; the largest value is taken off first, so that no exponential overflows. */
export function softmax(x: usize, out: usize, rows: i32, n: i32): void {
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    scaleRow(out, n, <f32>1 / expSum(x, n, largest(x, n), out));
    x += bytes;
    out += bytes;
  }
}

/** out = y · (dy - Σ dy · y), row by row. */
export function softmaxGrad(dy: usize, y: usize, out: usize, rows: i32, n: i32): void {
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    let sum = f32x4.splat(0);
    let at: usize = 0;
    let left = n;
    for (; left >= 4; left -= 4) {
      sum = mulAdd(sum, v128.load(dy + at), v128.load(y + at));
      at += 16;
    }
    if (left > 0) sum = mulAdd(sum, firstLanes(v128.load(dy + at), left), firstLanes(v128.load(y + at), left));
    const total = f32x4.splat(sumLanes(sum));
    for (let i = 0; i < n; i += 4) {
      at = (<usize>i) << 2;
      storeLanes(out + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), total)), n - i);
    }
    dy += bytes;
    y += bytes;
    out += bytes;
  }
}

/** x - log Σ e^x of each row. */
export function logSoftmax(x: usize, out: usize, rows: i32, n: i32): void {
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    const top = largest(x, n);
    const logSum = log4(f32x4.splat(expSum(x, n, top, 0)));
    for (let i = 0; i < n; i += 4) {
      const at = (<usize>i) << 2;
      storeLanes(out + at, f32x4.sub(f32x4.sub(v128.load(x + at), f32x4.splat(top)), logSum), n - i);
    }
    x += bytes;
    out += bytes;
  }
}

/** losses [rows] = log Σ e^logit - logit of the label; NaN for a label that is no class, so that training stops. */
export function crossEntropy(logits: usize, labels: usize, losses: usize, rows: i32, n: i32): void {
  for (let r = 0; r < rows; r++) {
    const label = i32.load(labels + ((<usize>r) << 2));
    const top = largest(logits, n);
    const logSum = f32x4.extract_lane(log4(f32x4.splat(expSum(logits, n, top, 0))), 0);
    const valid = <u32>label < <u32>n;
    f32.store(losses + ((<usize>r) << 2), valid ? logSum - (f32.load(logits + ((<usize>label) << 2)) - top) : NaN);
    logits += (<usize>n) << 2;
  }
}

/** out = (softmax(logits) - onehot(label)) * dLoss, row by row. */
export function crossEntropyGrad(
  logits: usize,
  labels: usize,
  dLosses: usize,
  stride: i32,
  out: usize,
  rows: i32,
  n: i32,
): void {
  const bytes = (<usize>n) << 2;
  for (let r = 0; r < rows; r++) {
    const label = i32.load(labels + ((<usize>r) << 2));
    scaleRow(out, n, <f32>1 / expSum(logits, n, largest(logits, n), out));
    const valid = <u32>label < <u32>n;
    const at = out + (valid ? (<usize>label) << 2 : 0);
    f32.store(at, valid ? f32.load(at) - 1 : NaN);
    scaleRow(out, n, f32.load(dLosses + ((<usize>(r * stride)) << 2)));
    logits += bytes;
    out += bytes;
  }
}

/** Rows whose largest logit, the first of equals, is the label's; none where a logit is NaN. */
export function numCorrect(logits: usize, labels: usize, rows: i32, n: i32): f32 {
  let count = 0;
  for (let r = 0; r < rows; r++) {
    let best = -1;
    let top: f32 = -Infinity;
    for (let i = 0; i < n; i++) {
      const candidate = f32.load(logits + ((<usize>i) << 2));
      if (isNaN(candidate)) {
        best = -1;
        break;
      }
      if (candidate > top || i == 0) {
        top = candidate;
        best = i;
      }
    }
    if (best == i32.load(labels + ((<usize>r) << 2))) count++;
    logits += (<usize>n) << 2;
  }
  return <f32>count;
}
