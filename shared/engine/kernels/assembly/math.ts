/**
 * Own elementary functions on four f32 lanes: `Math.exp` and friends differ between engines, these never do.
 * Polynomials and reductions: Moshier, Cephes Math Library 2.2 (expf.c, logf.c, tanhf.c); error below 2 units in the last place.
 */
import { mulAdd } from "./lanes";

/** e^x. Overflows to infinity, underflows through the denormals to 0, keeps NaN. */
export function exp4(x: v128): v128 {
  const clamped = f32x4.max(f32x4.min(x, f32x4.splat(128)), f32x4.splat(-128));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504088896341)));
  // ln 2 in two parts, the first exact in few bits, so that n * ln 2 loses nothing.
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = mulAdd(r, n, f32x4.splat(2.1219444e-4));
  let y = f32x4.splat(1.98756915e-4);
  y = mulAdd(f32x4.splat(1.3981999507e-3), y, r);
  y = mulAdd(f32x4.splat(8.3334519073e-3), y, r);
  y = mulAdd(f32x4.splat(4.1665795894e-2), y, r);
  y = mulAdd(f32x4.splat(1.6666665459e-1), y, r);
  y = mulAdd(f32x4.splat(5.0000001201e-1), y, r);
  y = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(y, r), r), r), f32x4.splat(1));
  // 2^n as two factors: n reaches -185 .. 185, beyond what one exponent holds.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  const bias = i32x4.splat(127);
  y = f32x4.mul(y, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(y, i32x4.shl(i32x4.add(rest, bias), 23));
}

/** Natural logarithm: -infinity at 0, NaN below. */
export function log4(x: v128): v128 {
  // Denormals are scaled up by 2^23 first.
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let e = i32x4.sub(i32x4.shr_u(scaled, 23), v128.bitselect(i32x4.splat(126 + 23), i32x4.splat(126), tiny));
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), i32x4.splat(0x3f000000)); // in [0.5, 1)
  const small = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = i32x4.add(e, small); // true is -1
  m = f32x4.sub(f32x4.add(m, v128.and(m, small)), f32x4.splat(1)); // 2m - 1 or m - 1
  const z = f32x4.mul(m, m);
  let y = f32x4.splat(7.0376836292e-2);
  y = mulAdd(f32x4.splat(-1.151461031e-1), y, m);
  y = mulAdd(f32x4.splat(1.167699874e-1), y, m);
  y = mulAdd(f32x4.splat(-1.2420140846e-1), y, m);
  y = mulAdd(f32x4.splat(1.4249322787e-1), y, m);
  y = mulAdd(f32x4.splat(-1.6668057665e-1), y, m);
  y = mulAdd(f32x4.splat(2.0000714765e-1), y, m);
  y = mulAdd(f32x4.splat(-2.4999993993e-1), y, m);
  y = mulAdd(f32x4.splat(3.3333331174e-1), y, m);
  y = f32x4.mul(f32x4.mul(y, m), z);
  const n = f32x4.convert_i32x4_s(e);
  y = mulAdd(y, n, f32x4.splat(-2.1219444e-4));
  y = f32x4.sub(y, f32x4.mul(z, f32x4.splat(0.5)));
  y = f32x4.add(f32x4.add(m, y), f32x4.mul(n, f32x4.splat(0.693359375)));
  const infinite = f32x4.eq(x, f32x4.splat(Infinity));
  y = v128.bitselect(x, y, infinite);
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.ge(x, f32x4.splat(0)));
}

/** 1 / (1 + e^-x). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** Hyperbolic tangent: a polynomial below 0.625, 1 - 2 / (e^2|x| + 1) above. */
export function tanh4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let y = f32x4.splat(-5.70498872745e-3);
  y = mulAdd(f32x4.splat(2.06390887954e-2), y, z);
  y = mulAdd(f32x4.splat(-5.37397155531e-2), y, z);
  y = mulAdd(f32x4.splat(1.33314422036e-1), y, z);
  y = mulAdd(f32x4.splat(-3.33332819422e-1), y, z);
  y = f32x4.add(f32x4.mul(f32x4.mul(y, z), x), x);
  const size = f32x4.abs(x);
  const power = exp4(f32x4.add(size, size));
  const one = f32x4.splat(1);
  let far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(power, one)));
  far = v128.or(far, v128.and(x, i32x4.splat(<i32>0x80000000)));
  return v128.bitselect(y, far, f32x4.lt(size, f32x4.splat(0.625)));
}

/**
 * The error function as a quotient of polynomials within ±4, where 1 - erf is below 2e-8; error below 5e-7. One division and no
 * exponential: gelu spends its time here. Coefficients: Eigen 3.4, generic_fast_erf_float.
 */
export function erf4(x: v128): v128 {
  const one = f32x4.splat(1);
  const c = f32x4.max(f32x4.min(x, f32x4.splat(4)), f32x4.splat(-4));
  const z = f32x4.mul(c, c);
  let p = f32x4.splat(-2.72614225801306e-10);
  p = mulAdd(f32x4.splat(2.77068142495902e-8), p, z);
  p = mulAdd(f32x4.splat(-2.10102402082508e-6), p, z);
  p = mulAdd(f32x4.splat(-5.69250639462346e-5), p, z);
  p = mulAdd(f32x4.splat(-7.3499063032685e-4), p, z);
  p = mulAdd(f32x4.splat(-2.95459980854025e-3), p, z);
  p = mulAdd(f32x4.splat(-1.60960333262415e-2), p, z);
  let q = f32x4.splat(-1.45660718464996e-5);
  q = mulAdd(f32x4.splat(-2.13374055278905e-4), q, z);
  q = mulAdd(f32x4.splat(-1.68282697438203e-3), q, z);
  q = mulAdd(f32x4.splat(-7.37332916720468e-3), q, z);
  q = mulAdd(f32x4.splat(-1.42647390514189e-2), q, z);
  const y = f32x4.div(f32x4.mul(c, p), q);
  return f32x4.max(f32x4.min(y, one), f32x4.neg(one));
}

/** The distribution function of the standard normal. */
export function normalCdf4(x: v128): v128 {
  const scaled = f32x4.mul(x, f32x4.splat(0.7071067811865476));
  return f32x4.mul(f32x4.splat(0.5), f32x4.add(f32x4.splat(1), erf4(scaled)));
}
