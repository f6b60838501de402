/**
 * The exact sum of f64 numbers, as plain data: numbers of falling magnitude whose sum it is, of which the first is the
 * sum rounded to nearest. Equal sums have equal parts, so neither the order of the terms nor how they were grouped leaves
 * a trace. [] is 0. Rarely longer than 3; never than 41, for each part takes 53 of the 2098 binary places of f64.
 * Source: Shewchuk 1997, "Adaptive precision floating-point arithmetic", Discrete & Computational Geometry 18, Theorem 10.
 */
export type ExactSum = readonly number[];

/** Adds one number at a time to an exact sum, which stays as it was. */
export interface ExactAccumulator {
  add(value: number): void;
  /** @throws RangeError if a term, or the sum, was not finite. */
  sum(): ExactSum;
}

export function exactAccumulator(start: ExactSum = []): ExactAccumulator {
  const parts: number[] = [];
  for (const value of start) grow(parts, value);
  return { add: (value) => grow(parts, value), sum: () => canonical([...parts]) };
}

/** @throws RangeError if a term, or the sum, is not finite. */
export function addExactly(sum: ExactSum, values: readonly number[]): ExactSum {
  const accumulator = exactAccumulator(sum);
  for (const value of values) accumulator.add(value);
  return accumulator.sum();
}

/** a·b, exact as long as no product of two parts leaves the range 2^-968 .. 2^1023. */
export function multiplyExactly(a: ExactSum, b: ExactSum): ExactSum {
  const accumulator = exactAccumulator();
  for (const x of a) {
    for (const y of b) {
      const product = x * y;
      accumulator.add(product);
      accumulator.add(productError(x, y, product));
    }
  }
  return accumulator.sum();
}

/** The sum rounded to the nearest f64, ties to even. */
export function roundedSum(sum: ExactSum): number {
  return sum[0] ?? 0;
}

/** Adds a value to parts of rising magnitude that do not overlap, and keeps them so. */
function grow(parts: number[], value: number): void {
  let carried = value;
  let kept = 0;
  for (const part of parts) {
    const total = carried + part;
    const added = total - carried;
    const error = carried - (total - added) + (part - added); // total + error is carried + part (Knuth's TwoSum)
    if (error !== 0) parts[kept++] = error;
    carried = total;
  }
  parts.length = kept;
  if (carried !== 0) parts.push(carried);
}

/** Consumes the parts: takes the rounded sum away until nothing is left, so that the sum alone decides the result. */
function canonical(parts: number[]): ExactSum {
  if (!parts.every(Number.isFinite))
    throw new RangeError(`"sum" expected finite terms and a finite total, got ${parts}`);
  const sum: number[] = [];
  while (parts.length > 0) {
    const head = nearest(parts);
    sum.push(head);
    grow(parts, -head);
  }
  return sum;
}

/** The f64 nearest to the sum of parts of rising magnitude that do not overlap; ties to even. */
function nearest(parts: readonly number[]): number {
  let place = parts.length - 1;
  let head = parts[place]!;
  let tail = 0;
  while (place > 0 && tail === 0) {
    const part = parts[--place]!;
    const total = head + part;
    tail = part - (total - head);
    head = total;
  }
  // A tail of half a unit was rounded to even; what lies further down may put the sum beyond the middle.
  if (place > 0 && tail > 0 === parts[place - 1]! > 0) {
    const doubled = 2 * tail;
    const away = head + doubled;
    if (away - head === doubled) head = away;
  }
  return head;
}

/** x·y - product, exactly, for the rounded product (Dekker 1971: the halves of x and y multiply without rounding). */
function productError(x: number, y: number, product: number): number {
  const xHigh = upperHalf(x);
  const yHigh = upperHalf(y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
}

/** The upper 26 bits of a number below 2^996. */
function upperHalf(x: number): number {
  const scaled = 134217729 * x; // 2^27 + 1
  return scaled - (scaled - x);
}
