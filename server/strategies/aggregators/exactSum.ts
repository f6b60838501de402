export interface ExactSumOptions {
  /** Elements of every vector. */
  readonly length: number;
  /** Bound on Σ |coefficient · value| of each element; fixed by the plan. */
  readonly maxAbsSum: number;
}

/** Σ coefficient · values, the same bits for every order and every partition. */
export interface ExactSum {
  /** Grows with every term; a partial sum on the same grid may be added to it. */
  readonly values: Float64Array;
  /** Steps of the grid in 1, a power of two: every value is a whole number of steps. */
  readonly gridPointsPerUnit: number;
  /** The caller has checked length and bounds, and that all terms together stay within `maxAbsSum`. */
  add(values: Float32Array, coefficient: number): void;
  /** The sum over a divisor: one rounding, a new array. */
  dividedBy(divisor: number): Float64Array;
}

/**
 * A sum that no order changes:
 *
 *   sum = Σ snap(coefficient · value)
 *
 * `snap` rounds each product to a multiple of a power of two that the plan fixes: with p the smallest power of two
 * >= maxAbsSum, the multiples of p · 2^-51. Every partial sum is then such a multiple below 2^53 of them, so every f64
 * addition is exact, and the sum is the same for every order, partition and machine. That holds for any coefficient: a
 * product that f64 must round is rounded alike wherever it stands.
 * Snapping is adding and taking away 3p: in [2p, 4p] neighbouring f64 values are p · 2^-51 apart. (One bit coarser
 * than 53 bits would allow, so that a single client may carry the whole sum with either sign.)
 * Error against the real sum: below p · 2^-52 a term.
 */
export function exactSum({ length, maxAbsSum }: ExactSumOptions): ExactSum {
  const p = powerOfTwoAtLeast(maxAbsSum);
  const snapper = 3 * p;
  const sum = new Float64Array(length);
  return {
    values: sum,
    gridPointsPerUnit: 2 ** 51 / p,
    add: (values, coefficient) => foldInto(sum, values, coefficient, snapper),
    dividedBy(divisor) {
      const quotient = new Float64Array(length);
      for (let i = 0; i < length; i++) quotient[i] = (sum[i] as number) / divisor;
      return quotient;
    },
  };
}

function powerOfTwoAtLeast(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  while (power / 2 >= value) power /= 2;
  return power;
}

/**
 * sum += snap(coefficient · values). A function of its own because V8 compiles a long loop while it runs: of what comes
 * after it in the same function it knows no types then, and every later call would leave the compiled code there
 * (measured in Node 20: 20 times slower).
 */
function foldInto(sum: Float64Array, values: Float32Array, coefficient: number, snapper: number): void {
  const { length } = values;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    sum[i] = (sum[i] as number) + (coefficient * (values[i] as number) + snapper - snapper);
    sum[i + 1] = (sum[i + 1] as number) + (coefficient * (values[i + 1] as number) + snapper - snapper);
    sum[i + 2] = (sum[i + 2] as number) + (coefficient * (values[i + 2] as number) + snapper - snapper);
    sum[i + 3] = (sum[i + 3] as number) + (coefficient * (values[i + 3] as number) + snapper - snapper);
  }
  for (let i = whole; i < length; i++) {
    sum[i] = (sum[i] as number) + (coefficient * (values[i] as number) + snapper - snapper);
  }
}
