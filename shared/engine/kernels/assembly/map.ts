/**
 * Elementwise functions over strided arrays: broadcasting is a stride of 0, transposing a permutation of strides.
 * The innermost dimension runs four lanes at a time where `out` is dense in it and the inputs are dense or constant.
 */
import {
  MAP_ABS,
  MAP_ADD,
  MAP_ADD_MUL,
  MAP_COPY,
  MAP_COS,
  MAP_DIV,
  MAP_EQUAL,
  MAP_ERF,
  MAP_EXP,
  MAP_FLOOR,
  MAP_GELU,
  MAP_GELU_GRAD,
  MAP_GREATER,
  MAP_GREATER_EQUAL,
  MAP_LOG,
  MAP_MAXIMUM,
  MAP_MINIMUM,
  MAP_MUL,
  MAP_NEG,
  MAP_POW,
  MAP_RELU,
  MAP_RELU_GRAD,
  MAP_RSQRT,
  MAP_SIGMOID,
  MAP_SIGMOID_GRAD,
  MAP_SIN,
  MAP_SQRT,
  MAP_SUB,
  MAP_SUB_MUL,
  MAP_TANH,
  MAP_TANH_GRAD,
  MAP_TO_FLOAT,
  MAP_TO_INT,
  MAP_WHERE,
} from "../../opcodes";
import { mulAdd, storeLanes } from "./lanes";
import { erf4, exp4, log4, normalCdf4, sigmoid4, tanh4 } from "./math";
import { pow64, sine64 } from "./scalar";

/** The functions that are computed lane by lane in f64. */
function lane(kind: i32, a: f32, b: f32): f32 {
  if (kind == MAP_POW) return <f32>pow64(a, b);
  return <f32>sine64(a, kind == MAP_COS ? 1 : 0);
}

function lanes(kind: i32, a: v128, b: v128): v128 {
  let y = f32x4.splat(lane(kind, f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
  y = f32x4.replace_lane(y, 1, lane(kind, f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
  y = f32x4.replace_lane(y, 2, lane(kind, f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
  return f32x4.replace_lane(y, 3, lane(kind, f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
}

/** dy (Φ(x) + x φ(x)) */
function geluGrad4(dy: v128, x: v128): v128 {
  const density = f32x4.mul(exp4(f32x4.mul(f32x4.splat(-0.5), f32x4.mul(x, x))), f32x4.splat(0.3989422804014327));
  return f32x4.mul(dy, mulAdd(normalCdf4(x), x, density));
}

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
    case MAP_RSQRT:
      return f32x4.div(one, f32x4.sqrt(a));
    case MAP_ABS:
      return f32x4.abs(a);
    case MAP_FLOOR:
      return f32x4.floor(a);
    case MAP_ERF:
      return erf4(a);
    case MAP_SIN:
    case MAP_COS:
    case MAP_POW:
      return lanes(kind, a, b);
    case MAP_MAXIMUM:
      return f32x4.max(a, b);
    case MAP_MINIMUM:
      return f32x4.min(a, b);
    case MAP_GREATER_EQUAL:
      return v128.and(f32x4.ge(a, b), one);
    case MAP_EQUAL:
      return v128.and(f32x4.eq(a, b), one);
    case MAP_GELU:
      return f32x4.mul(a, normalCdf4(a));
    case MAP_GELU_GRAD:
      return geluGrad4(a, b);
    case MAP_TO_INT:
      return i32x4.trunc_sat_f32x4_s(a);
    case MAP_TO_FLOAT:
      return f32x4.convert_i32x4_s(a);
    case MAP_WHERE:
      return v128.bitselect(c, b, f32x4.eq(a, zero));
    default:
      return a; // MAP_COPY
  }
}

/**
 * A row that is dense in `out`. K stands for the function, as the row count does in tiles.ts, so that the common cheap ones have a loop
 * without a choice in it: i8 add, i16 multiply, i32 a + bc, i64 a - bc, u8 gelu, u16 its gradient, u32 tanh, u64
 * sigmoid, v128 the gradient of relu, f64 whatever `kind` says.
 */
function denseRow<K>(kind: i32, n: i32, out: usize, a: usize, sa: i32, b: usize, sb: i32, c: usize, sc: i32): void {
  let x = v128.load32_splat(a);
  let y = v128.load32_splat(b);
  let z = v128.load32_splat(c);
  for (; n > 0; n -= 4) {
    if (sa) x = v128.load(a);
    if (sb) y = v128.load(b);
    if (sc) z = v128.load(c);
    let value: v128;
    if (isFloat<K>()) value = apply4(kind, x, y, z);
    else if (!isSigned<K>() && sizeof<K>() == 1) value = f32x4.mul(x, normalCdf4(x));
    else if (!isSigned<K>() && sizeof<K>() == 2) value = geluGrad4(x, y);
    else if (!isSigned<K>() && sizeof<K>() == 4) value = tanh4(x);
    else if (!isSigned<K>() && sizeof<K>() == 8) value = sigmoid4(x);
    else if (sizeof<K>() == 1) value = f32x4.add(x, y);
    else if (sizeof<K>() == 2) value = f32x4.mul(x, y);
    else if (sizeof<K>() == 4) value = f32x4.add(x, f32x4.mul(y, z));
    else if (sizeof<K>() == 8) value = f32x4.sub(x, f32x4.mul(y, z));
    else value = v128.and(x, f32x4.gt(y, f32x4.splat(0)));
    if (n >= 4) v128.store(out, value);
    else storeLanes(out, value, n);
    out += 16;
    a += 16;
    b += 16;
    c += 16;
  }
}

/** One row: `n` elements, strides in elements. */
export function mapRow(
  kind: i32,
  n: i32,
  out: usize,
  so: i32,
  a: usize,
  sa: i32,
  b: usize,
  sb: i32,
  c: usize,
  sc: i32,
): void {
  if (so == 1 && <u32>sa <= 1 && <u32>sb <= 1 && <u32>sc <= 1) {
    if (kind == MAP_COPY && sa) memory.copy(out, a, (<usize>n) << 2);
    else if (kind == MAP_ADD) denseRow<i8>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_MUL) denseRow<i16>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_ADD_MUL) denseRow<i32>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_SUB_MUL) denseRow<i64>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_GELU) denseRow<u8>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_GELU_GRAD) denseRow<u16>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_TANH) denseRow<u32>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_SIGMOID) denseRow<u64>(kind, n, out, a, sa, b, sb, c, sc);
    else if (kind == MAP_RELU_GRAD) denseRow<v128>(kind, n, out, a, sa, b, sb, c, sc);
    else denseRow<f64>(kind, n, out, a, sa, b, sb, c, sc);
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
