import type { Attack } from "./attack.ts";
import { type Moments, momentsOf } from "./moments.ts";

/** Where to lead the mean: against it, against the spread, or against the signs. */
export const DIRECTIONS = ["mean", "deviation", "sign"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** No farther from any honest update than two of them are from each other, or no farther from all together than one of them is. */
export type Disguise = "min-max" | "min-sum";

/**
 * Min-max and min-sum: mean + γ · direction with the largest γ that the disguise allows. The paper halves steps towards
 * that γ; its conditions are quadratic in γ, so that it is a root.
 * Source: Shejwalkar and Houmansadr 2021, equations 7 and 8, "Manipulating the Byzantine" (NDSS).
 */
export function hideAmongHonest(disguise: Disguise, direction: Direction): Attack {
  return ({ honest, numHostile }) => {
    const moments = momentsOf(honest);
    const along = directionOf(moments, direction);
    const gamma =
      disguise === "min-max"
        ? largestByMaximum(honest, moments.mean, along)
        : largestBySum(honest, moments.mean, along);
    const delta = Float32Array.from(moments.mean, (value, i) => value + gamma * along[i]!);
    return new Array<Float32Array>(numHostile).fill(delta);
  };
}

function directionOf({ mean, stdDev }: Moments, direction: Direction): Float64Array {
  if (direction === "deviation") return stdDev.map((value) => -value);
  if (direction === "sign") return mean.map((value) => -Math.sign(value));
  const length = Math.sqrt(dot(mean, mean));
  return mean.map((value) => (length > 0 ? -value / length : 0));
}

/** Of |aᵢ + γp|² <= D for all i, with aᵢ = mean - xᵢ and D the largest squared distance of a pair. */
function largestByMaximum(honest: readonly Float32Array[], mean: Float64Array, along: Float64Array): number {
  const square = dot(along, along);
  if (square === 0) return 0;
  const bound = Math.max(...honest.flatMap((a) => honest.map((b) => squaredDistance(a, b))));
  const roots = honest.map((update) => {
    const offset = mean.map((value, i) => value - update[i]!);
    const slope = dot(offset, along);
    const room = Math.max(0, bound - dot(offset, offset));
    return (Math.sqrt(slope * slope + square * room) - slope) / square;
  });
  return Math.min(...roots);
}

/** Of Σ |aᵢ + γp|² <= S, S the largest sum of squared distances from one honest update; the aᵢ sum to zero. */
function largestBySum(honest: readonly Float32Array[], mean: Float64Array, along: Float64Array): number {
  const square = dot(along, along);
  if (square === 0) return 0;
  const sumOver = (from: ArrayLike<number>): number =>
    honest.reduce((sum, update) => sum + squaredDistance(from, update), 0);
  const bound = Math.max(...honest.map(sumOver));
  return Math.sqrt(Math.max(0, bound - sumOver(mean)) / (honest.length * square));
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) * (a[i]! - b[i]!);
  return sum;
}
