import { type ExactSum, exactSum } from "./exactSum.ts";

export interface WideSumOptions {
  readonly length: number;
  /** Bound on every |value|. */
  readonly maxAbsValue: number;
  readonly maxTerms: number;
}

/** Σ coefficient · values for coefficients of any size, the same bits for every order. */
export interface WideSum {
  /** The caller has checked length and bounds; 0 <= coefficient < 2^1000. */
  add(values: Float32Array, coefficient: number): void;
  /** The sum over a divisor, a new array; zeros if every coefficient was 0. */
  dividedBy(divisor: number): Float64Array;
}

const LEVEL = 2 ** 16;
const LEVELS_KEPT = 3;

/**
 * An exact sum needs a bound on its coefficients, and small ones fall through its grid if that bound lies far above
 * them. Here every coefficient is m · 2^(16 k) with m in [1, 2^16), and each level k has an exact sum of its own. Only
 * the three highest levels count: what lies below is under 2^-32 of the largest coefficient. Which levels are the
 * highest depends on the set of terms alone, so dropping lower ones on the way changes nothing.
 */
export function wideSum({ length, maxAbsValue, maxTerms }: WideSumOptions): WideSum {
  const levels = new Map<number, ExactSum>();
  const maxAbsSum = LEVEL * maxAbsValue * maxTerms;

  return {
    add(values, coefficient) {
      if (coefficient === 0) return;
      const { mantissa, level } = splitLevel(coefficient);
      const lowest = Math.max(level, ...levels.keys()) - LEVELS_KEPT + 1;
      for (const known of levels.keys()) if (known < lowest) levels.delete(known);
      if (level < lowest) return;
      const sum = levels.get(level) ?? exactSum({ length, maxAbsSum });
      sum.add(values, mantissa);
      levels.set(level, sum);
    },
    dividedBy(divisor) {
      const total = new Float64Array(length);
      for (const [level, { values }] of [...levels].sort(([a], [b]) => a - b)) {
        const scale = levelScale(level);
        for (let i = 0; i < length; i++) total[i] = total[i]! + scale * values[i]!;
      }
      return total.map((value) => value / divisor);
    },
  };
}

/** coefficient = mantissa · 2^(16 · level), exactly. */
function splitLevel(coefficient: number): { mantissa: number; level: number } {
  let mantissa = coefficient;
  let level = 0;
  for (; mantissa >= LEVEL; level++) mantissa /= LEVEL;
  for (; mantissa < 1; level--) mantissa *= LEVEL;
  return { mantissa, level };
}

/** 2^(16 · level), exactly. */
function levelScale(level: number): number {
  let scale = 1;
  for (let k = 0; k < level; k++) scale *= LEVEL;
  for (let k = 0; k > level; k--) scale /= LEVEL;
  return scale;
}
