import { assertFinite } from "../../base/assert.ts";
import { log } from "../../base/math.ts";

/**
 * Shannon entropy -Σ p·log p of counts (or unnormalised weights), p = count / total, in nats; 0·log 0 is 0.
 * @throws RangeError for a negative count or a total of 0, TypeError for NaN or infinity.
 */
export function countEntropy(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) {
    assertFinite("counts", count, 0);
    total += count;
  }
  if (!(total > 0)) throw new RangeError(`"counts" expected a total above 0, got ${total}`);
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy += (count / total) * log(total / count);
  return entropy;
}
