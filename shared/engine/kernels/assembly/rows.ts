/** Kernels that walk rows by an index: the batch gather, embeddings, and what reads a row of logits. */
import { SOURCE_F32, SOURCE_U8 } from "../../opcodes";
import { storeLanes } from "./lanes";
import { exp4, log4 } from "./math";

// @ts-ignore: decorator
@inline
function affine(x: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_u(x), scale), offset);
}

/** out[i] = source[indices[i]] * scale + offset, in rows of `length`. i32 sources are copied as they are. */
export function gather(
  out: usize, type: i32, source: usize, indices: usize, batch: i32, length: i32, scale: f32, offset: f32, toInt: i32,
): void {
  const s = f32x4.splat(scale);
  const t = f32x4.splat(offset);
  for (let i = 0; i < batch; i++) {
    const row = <usize>i32.load(indices + (<usize>i << 2));
    let left = length;
    if (type == SOURCE_U8) {
      let p = source + row * length;
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
      for (; left > 0; left--) {
        if (toInt) i32.store(out, load<u8>(p));
        else f32.store(out, <f32>load<u8>(p) * scale + offset);
        p += 1;
        out += 4;
      }
      continue;
    }
    let p = source + ((row * length) << 2);
    for (; left > 0; left -= 4) {
      const x = v128.load(p);
      storeLanes(out, type == SOURCE_F32 ? f32x4.add(f32x4.mul(x, s), t) : x, left);
      p += 16;
      out += <usize>(min(left, 4) << 2);
    }
  }
}

/** Position of the largest of `n` values, the first of equals. */
export function argmax(x: usize, n: i32): i32 {
  let best = 0;
  let value = f32.load(x);
  for (let i = 1; i < n; i++) {
    const candidate = f32.load(x + (<usize>i << 2));
    if (candidate > value) {
      value = candidate;
      best = i;
    }
  }
  return best;
}

/**
 * Softmax cross-entropy of each row against its label: -log softmax(logits)[label], and softmax - one-hot.
 * The largest logit is taken off first, so that no exponential overflows.
 * A label outside the classes gives NaN: the trainer's finite check then stops, where memory would be corrupted.
 */
export function softmaxCrossEntropy(
  logits: usize, labels: usize, rows: i32, classes: i32, losses: usize, gradient: usize, scratch: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const label = i32.load(labels + (<usize>r << 2));
    const valid = <u32>label < <u32>classes;
    let top = f32.load(logits);
    for (let i = 1; i < classes; i++) top = max(top, f32.load(logits + (<usize>i << 2)));
    const shift = f32x4.splat(top);
    const out = gradient ? gradient : scratch;
    let sum: f32 = 0;
    for (let i = 0; i < classes; i += 4) {
      const e = exp4(f32x4.sub(v128.load(logits + (<usize>i << 2)), shift));
      storeLanes(out + (<usize>i << 2), e, classes - i);
      sum += f32x4.extract_lane(e, 0);
      if (i + 1 < classes) sum += f32x4.extract_lane(e, 1);
      if (i + 2 < classes) sum += f32x4.extract_lane(e, 2);
      if (i + 3 < classes) sum += f32x4.extract_lane(e, 3);
    }
    if (losses) {
      const logSum = f32x4.extract_lane(log4(f32x4.splat(sum)), 0);
      const loss = valid ? logSum - (f32.load(logits + (<usize>label << 2)) - top) : f32.NaN;
      f32.store(losses + (<usize>r << 2), loss);
    }
    if (gradient) {
      const inverse = f32x4.splat(<f32>1 / sum);
      for (let i = 0; i < classes; i += 4) {
        const p = gradient + (<usize>i << 2);
        storeLanes(p, f32x4.mul(v128.load(p), inverse), classes - i);
      }
      const at = gradient + (<usize>(valid ? label : 0) << 2);
      f32.store(at, valid ? f32.load(at) - 1 : f32.NaN);
      gradient += <usize>classes << 2;
    }
    logits += <usize>classes << 2;
  }
}

/** Rows whose largest logit is the label's. */
export function numCorrect(logits: usize, labels: usize, rows: i32, classes: i32): f32 {
  let count = 0;
  for (let r = 0; r < rows; r++) {
    if (argmax(logits, classes) == i32.load(labels + (<usize>r << 2))) count++;
    logits += <usize>classes << 2;
  }
  return <f32>count;
}

/** out[i] = table[indices[i]]; an index outside the table gives NaN. */
export function take(table: usize, indices: usize, out: usize, count: i32, length: i32, tableRows: i32): void {
  const bytes = <usize>length << 2;
  for (let i = 0; i < count; i++) {
    const row = i32.load(indices + (<usize>i << 2));
    if (<u32>row < <u32>tableRows) memory.copy(out, table + <usize>row * bytes, bytes);
    else memory.fill(out, 0xff, bytes);
    out += bytes;
  }
}

/** out[indices[i]] += x[i]; an index outside the table makes row 0 NaN. */
export function scatterAdd(x: usize, indices: usize, out: usize, count: i32, length: i32, tableRows: i32): void {
  const bytes = <usize>length << 2;
  for (let i = 0; i < count; i++) {
    const row = i32.load(indices + (<usize>i << 2));
    if (<u32>row < <u32>tableRows) {
      const at = out + <usize>row * bytes;
      for (let j = 0; j < length; j += 4) {
        const p = at + (<usize>j << 2);
        storeLanes(p, f32x4.add(v128.load(p), v128.load(x + (<usize>j << 2))), length - j);
      }
    } else {
      memory.fill(out, 0xff, bytes);
    }
    x += bytes;
  }
}
