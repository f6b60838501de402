/** Words that one call makes. */
export const PHILOX_WORDS = 4;

/**
 * Philox4x32-10: four words of 32 random bits as a pure function of a key of two and a counter of four words.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
 */
export function philox(
  [key0, key1]: readonly [number, number],
  counter: readonly [number, number, number, number],
): [number, number, number, number] {
  let [a, b, c, d] = counter.map((word) => word >>> 0) as [number, number, number, number];
  let k0 = key0 >>> 0;
  let k1 = key1 >>> 0;
  for (let round = 0; round < 10; round++) {
    const [highA, lowA] = multiply(0xd2511f53, a);
    const [highC, lowC] = multiply(0xcd9e8d57, c);
    [a, b, c, d] = [(highC ^ b ^ k0) >>> 0, lowC, (highA ^ d ^ k1) >>> 0, lowA];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/** High and low word of the 64-bit product. */
function multiply(x: number, y: number): [number, number] {
  const product = BigInt(x) * BigInt(y);
  return [Number(product >> 32n), Number(product & 0xffffffffn)];
}
