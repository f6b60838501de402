/** Counter-based random numbers: Philox4x32-10. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */

/** out [count] uniform over [0, 1): a function of the state (key, key, step), the stream and the position. */
export function random(state: usize, out: usize, count: i32, stream: u32): void {
  const step = load<u32>(state, 8);
  for (let block: u32 = 0; count > 0; block++) {
    let k0 = load<u32>(state);
    let k1 = load<u32>(state, 4);
    let a: u32 = block;
    let b: u32 = stream;
    let c: u32 = step;
    let d: u32 = 0;
    for (let round = 0; round < 10; round++) {
      const productA = <u64>0xd2511f53 * <u64>a;
      const productC = <u64>0xcd9e8d57 * <u64>c;
      a = <u32>(productC >> 32) ^ b ^ k0;
      c = <u32>(productA >> 32) ^ d ^ k1;
      b = <u32>productC;
      d = <u32>productA;
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    const words = i32x4(a, b, c, d);
    const values = f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(words, 8)), f32x4.splat(5.9604644775390625e-8));
    for (let lane = 0; lane < 4 && count > 0; lane++, count--, out += 4) {
      f32.store(out, laneOf(values, lane));
    }
  }
}

function laneOf(v: v128, lane: i32): f32 {
  if (lane == 0) return f32x4.extract_lane(v, 0);
  if (lane == 1) return f32x4.extract_lane(v, 1);
  return lane == 2 ? f32x4.extract_lane(v, 2) : f32x4.extract_lane(v, 3);
}

/** The state with its third word moved on. */
export function advanceRandom(state: usize, out: usize, by: i32): void {
  i32.store(out, i32.load(state));
  i32.store(out, i32.load(state, 4), 4);
  i32.store(out, i32.load(state, 8) + by, 8);
}
