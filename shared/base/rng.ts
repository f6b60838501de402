/**
 * Seeded random numbers for simulation, batching and initialisation: same seed, same bytes, on every machine.
 * Not for keys, masks or privacy noise: those take a `SecureRandom`, and neither can be passed for the other.
 */
export interface Rng {
  readonly kind: "seeded";
  /** Uniform over 0 .. 2^32 - 1. */
  nextUint32(): number;
  /** Uniform over [0, 1) with 53 random bits. */
  nextFloat(): number;
  /** Uniform over 0 .. bound - 1, without modulo bias. @throws RangeError unless 1 <= bound <= 2^32. */
  nextBelow(bound: number): number;
}

/** Cryptographic randomness of the platform. */
export interface SecureRandom {
  readonly kind: "secure";
  fill(bytes: Uint8Array): void;
}

/**
 * xoshiro128** seeded from a path of labels and numbers, so that each use draws its own stream:
 * `createRng(seed, "round", 3, "cohort")`. Source: Blackman and Vigna 2021, arXiv:1805.01407.
 */
export function createRng(...path: readonly (string | number)[]): Rng {
  const [s0, s1, s2, s3] = seedWords(path.map(pathPart).join("/"));
  let a = s0;
  let b = s1;
  let c = s2;
  let d = s3;

  function nextUint32(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return scrambled;
  }

  return {
    kind: "seeded",
    nextUint32,
    nextFloat() {
      const high = nextUint32() >>> 5; // 27 bits
      const low = nextUint32() >>> 6; // 26 bits
      return (high * 2 ** 26 + low) / 2 ** 53;
    },
    nextBelow(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
        throw new RangeError(`"bound" expected a whole number in [1, 2^32], got ${bound}`);
      }
      const limit = 2 ** 32 - (2 ** 32 % bound); // draws at or above it would favour small values
      let draw = nextUint32();
      while (draw >= limit) draw = nextUint32();
      return draw % bound;
    },
  };
}

/** Fisher-Yates shuffle in place. Source: Durstenfeld 1964, Algorithm 235. */
export function shuffle(values: Uint32Array | number[], rng: Rng): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = rng.nextBelow(i + 1);
    const held = values[i] as number;
    values[i] = values[j] as number;
    values[j] = held;
  }
}

/** One part of a path, with its type; the separator within it is escaped, so that no two paths share a text. */
function pathPart(part: string | number): string {
  return `${typeof part}:${String(part).replaceAll("%", "%25").replaceAll("/", "%2F")}`;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** Four well-mixed, never all-zero words from a text: FNV-1a over its UTF-16 units, then splitmix32 steps. */
function seedWords(text: string): [number, number, number, number] {
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 13);
  }
  let state = low;
  const next = (salt: number): number => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ salt;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  return [next(high), next(Math.imul(high, 31)), next(high ^ text.length), next(0) | 1];
}
