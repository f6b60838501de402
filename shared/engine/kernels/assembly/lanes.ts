/** Stores the first `count` lanes; all four from 4 on. */
export function storeLanes(p: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(p, v);
  } else if (count == 3) {
    v128.store64_lane(p, v, 0);
    v128.store32_lane(p, v, 2, 8);
  } else if (count == 2) {
    v128.store64_lane(p, v, 0);
  } else {
    v128.store32_lane(p, v, 0);
  }
}

/** Zeroes all but the first `count` (1..3) lanes. */
export function firstLanes(v: v128, count: i32): v128 {
  const mask = count == 1 ? i32x4(-1, 0, 0, 0) : count == 2 ? i32x4(-1, -1, 0, 0) : i32x4(-1, -1, -1, 0);
  return v128.and(v, mask);
}

/** Sum of the four lanes, in a fixed order. */
export function sumLanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3));
}

/**
 * acc + x * y. Strict build: rounded twice, what every conforming machine computes alike. Fast build: one rounding where
 * the machine has fused multiply-add, two where it has not.
 */
export function mulAdd(acc: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, acc);
  return f32x4.add(acc, f32x4.mul(x, y));
}
