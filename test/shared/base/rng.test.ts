import { describe, expect, it } from "vitest";
import { createRng, shuffle } from "../../../shared/base/rng.ts";

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

/** Pearson's statistic against equal expectations. */
function chiSquare(counts: readonly number[], draws: number): number {
  const expected = draws / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const word = (x: bigint): bigint => BigInt.asUintN(32, x);
const rotate = (x: bigint, by: bigint): bigint => word((x << by) | (x >> (32n - by)));

/** xoshiro128** as Blackman and Vigna print it, on big integers. */
function xoshiro([s0, s1, s2, s3]: [bigint, bigint, bigint, bigint]): () => number {
  return () => {
    const result = word(rotate(word(s1 * 5n), 7n) * 9n);
    const t = word(s1 << 9n);
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotate(s3, 11n);
    return Number(result);
  };
}

/** s1 behind an output: 0x38e38e39 = 1/9 and 0xcccccccd = 1/5 modulo 2^32. */
const unscramble = (output: number): bigint => word(rotate(word(BigInt(output) * 0x38e38e39n), 25n) * 0xcccccccdn);

describe("createRng", () => {
  it("gives its first outputs for ever: a change of any would change every seeded run", () => {
    const rng = createRng(1, "round", 3, "cohort");
    expect(draw(4, rng.nextUint32)).toEqual([1572354539, 2609000540, 3072309336, 1368152849]);
    expect(createRng(1, "init").nextFloat()).toBe(0.12074915082986326);
    const below = createRng("a");
    expect(draw(6, () => below.nextBelow(10))).toEqual([2, 4, 7, 8, 7, 6]);
  });

  it("is xoshiro128**: its state, found from four outputs, predicts all that follow", () => {
    // rand_xoshiro's published outputs from the state 1, 2, 3, 4 hold the reference below to the paper.
    const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
    expect(draw(8, xoshiro([1n, 2n, 3n, 4n]))).toEqual(published);
    const rng = createRng("state");
    const [a, b, c, d] = draw(4, rng.nextUint32).map(unscramble) as [bigint, bigint, bigint, bigint];
    // s1' = s1 ^ s2 ^ s0 and s2' = s2 ^ s0 ^ (s1 << 9): three steps of s1 give s2, s0 and s3 after the first.
    const s2 = a ^ b ^ word(a << 9n);
    const s0 = b ^ c ^ s2;
    const s3 = c ^ d ^ b ^ s2 ^ word(b << 9n);
    const reference = xoshiro([s0, b, s2, s3]);
    draw(3, reference);
    expect(draw(100, rng.nextUint32)).toEqual(draw(100, reference));
  });

  it("keeps paths apart: by order, by type and by where the parts divide", () => {
    const paths = [
      ["a", 1],
      [1, "a"],
      ["a", "1"],
      ["a1"],
      ["a/number:1"],
      ["a%2Fnumber:1"],
      ["a", 1, ""],
      [],
      [""],
      [0],
      ["0"],
    ];
    const first = paths.map((path) => draw(2, createRng(...path).nextUint32).join());
    expect(new Set(first).size).toBe(paths.length);
  });

  it("fills 256 bins evenly, for the high and the low byte", () => {
    // 2^17 draws, 255 degrees of freedom: P(chi2 > 377) < 1e-6 for each of 2 * 5 tests, below 1e-5 in all.
    for (let seed = 0; seed < 5; seed++) {
      const rng = createRng("uniformity", seed);
      const high = new Array<number>(256).fill(0);
      const low = new Array<number>(256).fill(0);
      for (let i = 0; i < 2 ** 17; i++) {
        const word = rng.nextUint32();
        high[word >>> 24] = (high[word >>> 24] as number) + 1;
        low[word & 255] = (low[word & 255] as number) + 1;
      }
      expect(chiSquare(high, 2 ** 17)).toBeLessThan(377);
      expect(chiSquare(low, 2 ** 17)).toBeLessThan(377);
    }
  });

  it("starts neighbouring seeds far apart", () => {
    // The first word of 4,096 consecutive seeds in 64 bins: 63 degrees of freedom, P(chi2 > 130) < 2e-6.
    const counts = new Array<number>(64).fill(0);
    for (let seed = 0; seed < 4096; seed++) {
      const bin = createRng(seed).nextUint32() >>> 26;
      counts[bin] = (counts[bin] as number) + 1;
    }
    expect(chiSquare(counts, 4096)).toBeLessThan(130);
  });
});

describe("nextFloat", () => {
  it("lies in [0, 1), has mean 1/2 and uses the bits below 2^-32", () => {
    const rng = createRng("float");
    const values = draw(40_000, rng.nextFloat);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    // Standard error 1/sqrt(12 * 40,000) = 0.00144; six of them: false alarm 2e-9.
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length - 0.5)).toBeLessThan(0.0087);
    expect(values.some((value) => (value * 2 ** 32) % 1 !== 0)).toBe(true);
  });
});

describe("nextBelow", () => {
  it("shows no modulo bias where a plain remainder would favour the lower half two to one", () => {
    // bound = 3 * 2^30: word % bound hits [0, 2^30) twice as often. Fair share of the lowest third: 1/3.
    const rng = createRng("bias");
    const draws = 30_000;
    let lowest = 0;
    for (let i = 0; i < draws; i++) if (rng.nextBelow(3 * 2 ** 30) < 2 ** 30) lowest++;
    // Standard deviation sqrt(30,000 * 1/3 * 2/3) = 81.6; six of them: false alarm 2e-9. The biased share would be 15,000.
    expect(Math.abs(lowest - draws / 3)).toBeLessThan(490);
  });

  it("takes the whole range of bounds", () => {
    const rng = createRng("bounds");
    expect(rng.nextBelow(1)).toBe(0);
    expect(rng.nextBelow(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 32 + 1])("refuses the bound %d", (bound) => {
    expect(() => createRng(1).nextBelow(bound)).toThrow(RangeError);
  });
});

describe("shuffle", () => {
  it("gives each of the 24 orders of four values its share", () => {
    // 24,000 shuffles, 23 degrees of freedom: P(chi2 > 75) < 3e-7.
    const rng = createRng("shuffle");
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const values = [0, 1, 2, 3];
      shuffle(values, rng);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 24_000)).toBeLessThan(75);
  });
});
