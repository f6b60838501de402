import { log } from "../../base/math.ts";
import type { Rng } from "../../base/rng.ts";
import { nextNormal } from "../synthetic/nextNormal.ts";

/**
 * The logarithm of a draw from Gamma(shape, 1): small shapes give draws that f64 cannot hold. The same on every machine.
 * Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables"; a shape below 1 by its section 6.
 */
export function nextLogGamma(shape: number, rng: Rng): number {
  if (shape < 1) return nextLogGamma(shape + 1, rng) + log(1 - rng.nextFloat()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = nextNormal(rng);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const u = 1 - rng.nextFloat();
    if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return log(d * v);
  }
}
