// Elementary functions from + - * / and bits alone: `Math.exp` and its friends differ between engines, these do not.

const LN2_HIGH = 0.6931471803691238; // ln 2 with 32 trailing zero bits: k * LN2_HIGH is exact for |k| < 2^20
const LN2_LOW = 1.9082149292705877e-10;
const SQRT_HALF = Math.SQRT1_2;
// π/2 in three parts; the first two have 33 bits, so that k times them is exact for |k| < 2^20.
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_MIDDLE = 6.077100506303966e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;
const TWO_OVER_ROOT_PI = 1.1283791670955126;
const bits = new DataView(new ArrayBuffer(8));

/** e^x, within 1 ulp of the true value (2 ulp where the result is subnormal). */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  const k = Math.floor(x / Math.LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW; // |r| <= ln 2 / 2
  return scaleByPowerOfTwo(1 + expm1Series(r, 14), k);
}

/** Natural logarithm, within 1 ulp; NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < 2 ** -1022;
  bits.setFloat64(0, subnormal ? x * 2 ** 54 : x);
  const high = bits.getUint32(0);
  let k = (high >>> 20) - 1022 - (subnormal ? 54 : 0);
  bits.setUint32(0, (high & 0x000fffff) | 0x3fe00000); // m in [1/2, 1)
  let m = bits.getFloat64(0);
  if (m < SQRT_HALF) {
    m *= 2;
    k -= 1;
  }
  // ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + ...) with |s| <= 0.172; f - s·(f - 2 tail) keeps the leading term exact.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let tail = 0;
  for (let n = 23; n >= 3; n -= 2) tail = z * (1 / n + tail);
  return k * LN2_HIGH - (s * (f - 2 * tail) - k * LN2_LOW - f);
}

/** Hyperbolic tangent, within 4 ulp. */
export function tanh(x: number): number {
  const magnitude = x < 0 ? -x : x;
  if (magnitude > 22) return x < 0 ? -1 : 1;
  if (magnitude < 0.5) {
    const t = expm1Series(2 * x, 21);
    return t === 0 ? x : t / (t + 2);
  }
  const t = 1 - 2 / (exp(2 * magnitude) + 1);
  return x < 0 ? -t : t;
}

/** 1 / (1 + e^-x), within 4 ulp. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x); // e^-x would overflow where the result is still a number
  return e / (1 + e);
}

/**
 * Sine of x in radians, within 1e-15 absolute for |x| <= 2^20; the reduction loses a bit with each doubling beyond, and from 2^50
 * on, where nothing of the angle is left, the result is NaN.
 */
export function sin(x: number): number {
  return sineOf(x, 0);
}

/** Cosine of x in radians; the accuracy is that of `sin`. */
export function cos(x: number): number {
  return sineOf(x, 1);
}

/** sin(x + quarters · π/2), by its Taylor series within π/4 of the nearest quarter. */
function sineOf(x: number, quarters: number): number {
  if (!(x > -(2 ** 50) && x < 2 ** 50)) return Number.NaN;
  const k = Math.floor(x / (Math.PI / 2) + 0.5);
  const r = x - k * HALF_PI_HIGH - k * HALF_PI_MIDDLE - k * HALF_PI_LOW;
  const quadrant = (((k + quarters) % 4) + 4) % 4;
  const z = r * r;
  let sum = 0;
  if (quadrant % 2 === 0) {
    for (let n = 17; n >= 3; n -= 2) sum = (-z / (n * (n - 1))) * (1 + sum);
    sum = r + r * sum;
  } else {
    for (let n = 18; n >= 2; n -= 2) sum = (-z / (n * (n - 1))) * (1 + sum);
    sum = 1 + sum;
  }
  return quadrant < 2 ? sum : -sum;
}

/** The error function 2/√π ∫₀ˣ e^-t² dt, within 1e-15 absolute: e^-x² times a series of positive terms. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = x < 0 ? -x : x;
  if (size > 6) return x < 0 ? -1 : 1; // erfc(6) < 2.2e-17
  let term = size;
  let sum = size;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  const value = TWO_OVER_ROOT_PI * exp(-size * size) * sum;
  return x < 0 ? -value : value;
}

/** a to the power b, within 1e-13 relative where the result is about 1; NaN where a < 0 and b is no whole number. */
export function pow(a: number, b: number): number {
  if (b === 0) return 1;
  if (a === 0) return b > 0 ? 0 : Number.POSITIVE_INFINITY;
  if (a > 0) return exp(b * log(a));
  if (Math.floor(b) !== b) return Number.NaN;
  const size = exp(b * log(-a));
  return b % 2 === 0 ? size : -size;
}

/** e^r - 1 by its Taylor series up to r^terms, smallest term first. */
function expm1Series(r: number, terms: number): number {
  let sum = 0;
  for (let n = terms; n >= 2; n--) sum = (r / n) * (1 + sum);
  return r + r * sum;
}

/** x · 2^k for -1075 <= k <= 1024, in two exact steps so that neither power leaves the range of normal numbers. */
function scaleByPowerOfTwo(x: number, k: number): number {
  const half = k >> 1;
  return x * powerOfTwo(half) * powerOfTwo(k - half);
}

function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}
