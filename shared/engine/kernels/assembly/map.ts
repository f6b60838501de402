/**
 * Elementwise functions over strided arrays: broadcasting is a stride of 0, transposing a permutation of strides.
 * The innermost dimension runs four lanes at a time where `out` is dense in it and the inputs are dense or constant.
 */
import {
  MAP_ADD,
  MAP_ADD_MUL,
  MAP_DIV,
  MAP_EXP,
  MAP_GREATER,
  MAP_LOG,
  MAP_MUL,
  MAP_NEG,
  MAP_RELU,
  MAP_RELU_GRAD,
  MAP_SIGMOID,
  MAP_SIGMOID_GRAD,
  MAP_SQRT,
  MAP_SUB,
  MAP_SUB_MUL,
  MAP_TANH,
  MAP_TANH_GRAD,
  MAP_WHERE,
} from "../../opcodes";
import { storeLanes } from "./lanes";
import { exp4, log4, sigmoid4, tanh4 } from "./math";

function apply4(kind: i32, a: v128, b: v128, c: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  switch (kind) {
    case MAP_NEG:
      return f32x4.neg(a);
    case MAP_EXP:
      return exp4(a);
    case MAP_LOG:
      return log4(a);
    case MAP_SQRT:
      return f32x4.sqrt(a);
    case MAP_TANH:
      return tanh4(a);
    case MAP_SIGMOID:
      return sigmoid4(a);
    case MAP_RELU:
      return f32x4.pmax(a, zero);
    case MAP_ADD:
      return f32x4.add(a, b);
    case MAP_SUB:
      return f32x4.sub(a, b);
    case MAP_MUL:
      return f32x4.mul(a, b);
    case MAP_DIV:
      return f32x4.div(a, b);
    case MAP_GREATER:
      return v128.and(f32x4.gt(a, b), one);
    case MAP_RELU_GRAD:
      return v128.and(a, f32x4.gt(b, zero));
    case MAP_TANH_GRAD:
      return f32x4.mul(a, f32x4.sub(one, f32x4.mul(b, b)));
    case MAP_SIGMOID_GRAD:
      return f32x4.mul(a, f32x4.mul(b, f32x4.sub(one, b)));
    case MAP_SUB_MUL:
      return f32x4.sub(a, f32x4.mul(b, c));
    case MAP_ADD_MUL:
      return f32x4.add(a, f32x4.mul(b, c));
    case MAP_WHERE:
      return v128.bitselect(c, b, f32x4.eq(a, zero));
    default:
      return a; // MAP_COPY
  }
}

function mapRow(kind: i32, n: i32, out: usize, so: i32, a: usize, sa: i32, b: usize, sb: i32, c: usize, sc: i32): void {
  if (so == 1 && <u32>sa <= 1 && <u32>sb <= 1 && <u32>sc <= 1) {
    let x = v128.load32_splat(a);
    let y = v128.load32_splat(b);
    let z = v128.load32_splat(c);
    for (; n > 0; n -= 4) {
      if (sa) x = v128.load(a);
      if (sb) y = v128.load(b);
      if (sc) z = v128.load(c);
      storeLanes(out, apply4(kind, x, y, z), n);
      out += 16;
      a += 16;
      b += 16;
      c += 16;
    }
    return;
  }
  for (; n > 0; n--) {
    const value = apply4(kind, v128.load32_splat(a), v128.load32_splat(b), v128.load32_splat(c));
    v128.store32_lane(out, value, 0);
    out += (<usize>so) << 2;
    a += (<usize>sa) << 2;
    b += (<usize>sb) << 2;
    c += (<usize>sc) << 2;
  }
}

/** `table` holds `rank` words each of dims and strides of out, a, b, c; `axis` is the one to walk. */
export function map(kind: i32, rank: i32, axis: i32, table: usize, out: usize, a: usize, b: usize, c: usize): void {
  const at = table + ((<usize>axis) << 2);
  const step = (<usize>rank) << 2;
  const n = i32.load(at);
  const so = i32.load(at + step);
  const sa = i32.load(at + 2 * step);
  const sb = i32.load(at + 3 * step);
  const sc = i32.load(at + 4 * step);
  if (axis == rank - 1) {
    mapRow(kind, n, out, so, a, sa, b, sb, c, sc);
    return;
  }
  for (let i = 0; i < n; i++) {
    map(kind, rank, axis + 1, table, out, a, b, c);
    out += (<usize>so) << 2;
    a += (<usize>sa) << 2;
    b += (<usize>sb) << 2;
    c += (<usize>sc) << 2;
  }
}
