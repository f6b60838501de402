import { log } from "../../../shared/base/math.ts";
import type { Rng } from "../../../shared/base/rng.ts";
import { highestPlaces } from "./highestPlaces.ts";

/**
 * `count` places without replacement, each next one in proportion to the weights that are left; weights are >= 0, and those
 * of 0 come last. One pass and one sort: the keys ln(u) / weight order the places as such draws would.
 * Source: Efraimidis and Spirakis 2006, algorithm A, doi:10.1016/j.ipl.2005.11.003.
 */
export function drawWeighted(weights: ArrayLike<number>, count: number, rng: Rng): number[] {
  const keys = new Float64Array(weights.length);
  for (let i = 0; i < keys.length; i++) {
    // 1 - u lies in (0, 1]: its logarithm is finite, and 0 / 0 is the one quotient without an order.
    const key = log(1 - rng.nextFloat()) / (weights[i] as number);
    keys[i] = Number.isNaN(key) ? Number.NEGATIVE_INFINITY : key;
  }
  return highestPlaces(keys, count, rng);
}
