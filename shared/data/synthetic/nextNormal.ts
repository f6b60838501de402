import { log } from "../../base/math.ts";
import type { Rng } from "../../base/rng.ts";

/**
 * One draw of the standard normal distribution. Of the pair that the polar method yields the second is dropped, so that a
 * draw depends on nothing but the generator's state.
 * Source: Marsaglia and Bray 1964, "A Convenient Method for Generating Normal Variables".
 */
export function nextNormal(rng: Rng): number {
  for (;;) {
    const u = 2 * rng.nextFloat() - 1;
    const v = 2 * rng.nextFloat() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
  }
}
