import { assertFinite } from "../../base/assert.ts";
import { exp } from "../../base/math.ts";
import type { Rng } from "../../base/rng.ts";
import { nextLogGamma } from "./nextGamma.ts";

/**
 * Shares drawn from a symmetric Dirichlet(alpha), [length]; they add up to 1. Small alpha gives nearly all to few.
 * @throws RangeError unless alpha is in [0.001, 1e6].
 */
export function nextDirichlet(alpha: number, length: number, rng: Rng): Float64Array {
  assertFinite("alpha", alpha, 1e-3, 1e6);
  const logs = Float64Array.from({ length }, () => nextLogGamma(alpha, rng));
  const largest = logs.reduce((most, value) => Math.max(most, value));
  const shares = logs.map((value) => exp(value - largest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
