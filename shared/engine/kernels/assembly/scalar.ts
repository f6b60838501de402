/**
 * Elementary functions in f64, one value at a time: the code of shared/base/math.ts again, operation by operation, so that
 * both round alike. For what is rare enough not to need lanes.
 */
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const LN2: f64 = 0.6931471805599453;
const SQRT_HALF: f64 = 0.7071067811865476;
const HALF_PI: f64 = 1.5707963267948966;
const HALF_PI_HIGH: f64 = 1.57079632673412561417;
const HALF_PI_MIDDLE: f64 = 6.0771005063039659766e-11;
const HALF_PI_LOW: f64 = 2.02226624879595063154e-21;

function powerOfTwo(k: i64): f64 {
  return reinterpret<f64>((k + 1023) << 52);
}

export function exp64(x: f64): f64 {
  if (x != x) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = floor(x / LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum: f64 = 0;
  for (let n: f64 = 14; n >= 2; n--) sum = (r / n) * (1 + sum);
  const whole = <i64>k;
  const half = whole >> 1;
  return (1 + (r + r * sum)) * powerOfTwo(half) * powerOfTwo(whole - half);
}

export function log64(x: f64): f64 {
  if (!(x > 0)) return x == 0 ? -Infinity : NaN;
  if (x == Infinity) return x;
  const subnormal = x < 2.2250738585072014e-308;
  const bits = reinterpret<i64>(subnormal ? x * 18014398509481984 : x);
  let k = <f64>((bits >> 52) - 1022 - (subnormal ? 54 : 0));
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3fe0000000000000);
  if (m < SQRT_HALF) {
    m *= 2;
    k -= 1;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let tail: f64 = 0;
  for (let n: f64 = 23; n >= 3; n -= 2) tail = z * (1 / n + tail);
  return k * LN2_HIGH - (s * (f - 2 * tail) - k * LN2_LOW - f);
}

/** sin(x + quarters · π/2) */
export function sine64(x: f64, quarters: i64): f64 {
  if (!(abs(x) < 1125899906842624)) return NaN;
  const k = floor(x / HALF_PI + 0.5);
  const r = x - k * HALF_PI_HIGH - k * HALF_PI_MIDDLE - k * HALF_PI_LOW;
  const quadrant = (<i64>k + quarters) & 3;
  const z = r * r;
  let sum: f64 = 0;
  if ((quadrant & 1) == 0) {
    for (let n: f64 = 17; n >= 3; n -= 2) sum = (-z / (n * (n - 1))) * (1 + sum);
    sum = r + r * sum;
  } else {
    for (let n: f64 = 18; n >= 2; n -= 2) sum = (-z / (n * (n - 1))) * (1 + sum);
    sum = 1 + sum;
  }
  return quadrant < 2 ? sum : -sum;
}

export function pow64(a: f64, b: f64): f64 {
  if (b == 0) return 1;
  if (a == 0) return b > 0 ? 0 : Infinity;
  if (a > 0) return exp64(b * log64(a));
  if (floor(b) != b) return NaN;
  const size = exp64(b * log64(-a));
  return floor(b / 2) * 2 == b ? size : -size;
}
