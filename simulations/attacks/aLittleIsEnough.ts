import { erf } from "../../shared/base/math.ts";
import type { Attack } from "./attack.ts";
import { momentsOf } from "./moments.ts";

/**
 * A little is enough: mean + z · standard deviation of the honest updates, in each coordinate within what honest ones do.
 * `z` when absent is the largest with which the hostile ones and those honest ones that lie beyond are a majority.
 * Source: Baruch et al. 2019, Algorithm 3, arXiv:1902.06156.
 */
export function aLittleIsEnough(z?: number): Attack {
  return ({ honest, numHostile }) => {
    const { mean, stdDev } = momentsOf(honest);
    const factor = z ?? largestZ(honest.length, numHostile);
    const delta = Float32Array.from(mean, (value, i) => value + factor * stdDev[i]!);
    return new Array<Float32Array>(numHostile).fill(delta);
  };
}

/**
 * Φ⁻¹((n - m - s) / (n - m)) with n clients, m of them hostile, and s = ⌊n/2 + 1⌋ - m honest ones still wanted.
 * @throws RangeError if the hostile ones are a majority: they need nobody.
 */
function largestZ(numHonest: number, numHostile: number): number {
  const wanted = Math.floor((numHonest + numHostile) / 2 + 1) - numHostile;
  if (wanted < 1) {
    throw new RangeError(
      `alie expected fewer hostile than honest clients, got ${numHostile} of ${numHonest + numHostile}; set z`,
    );
  }
  return normalQuantile((numHonest - wanted) / numHonest);
}

/** Φ⁻¹ by halving within ±8. */
function normalQuantile(probability: number): number {
  let low = -8;
  let high = 8;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if ((1 + erf(middle / Math.SQRT2)) / 2 < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
