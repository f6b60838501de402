import { assertFinite } from "../base/assert.ts";
import type { Rng } from "../base/rng.ts";
import type { Dataset } from "./dataset.ts";

/** Ranges [lowest, highest] that each client's own gain and offset are drawn from, uniformly. */
export interface FeatureShift {
  readonly gain: readonly [number, number];
  readonly offset: readonly [number, number];
}

/**
 * Gives every client's raw inputs a look of their own: x' = gain · x + offset, as instruments differ in contrast and zero. Labels
 * stay. Bytes are rounded and kept within 0 .. 255. The kind of shift that FedBN is about: Li et al. 2021, section 3,
 * arXiv:2102.07623.
 * @param rowsOf rows of client c; no row may belong to two.
 * @returns the dataset with the inputs of those rows changed, in memory of its own.
 */
export function shiftFeatures(
  data: Dataset,
  rowsOf: Iterable<Uint32Array>,
  { gain, offset }: FeatureShift,
  rngOf: (client: number) => Rng,
): Dataset {
  for (const [i, bound] of [...gain, ...offset].entries()) assertFinite(i < 2 ? "gain" : "offset", bound);
  const inputs = data.inputs.slice();
  const size = inputs.length / data.numExamples;
  let client = 0;
  for (const rows of rowsOf) {
    const rng = rngOf(client++);
    const ownGain = between(gain, rng);
    const ownOffset = between(offset, rng);
    for (const row of rows) {
      for (let at = row * size; at < (row + 1) * size; at++) {
        const value = ownGain * inputs[at]! + ownOffset;
        inputs[at] = inputs instanceof Uint8Array ? Math.min(255, Math.max(0, Math.round(value))) : value;
      }
    }
  }
  return { ...data, inputs };
}

function between([low, high]: readonly [number, number], rng: Rng): number {
  return low + (high - low) * rng.nextFloat();
}
