import { INFINITY_BITS, magnitudeOfBits, maxMagnitudeBits } from "../../../shared/codec/finite.ts";

export interface VectorBound {
  readonly length: number;
  /** Bound on every |element|. */
  readonly maxAbs: number;
}

/** @throws TypeError or RangeError with "label" unless the vector has that length and every |element| <= maxAbs. */
export function assertBounded(label: string, values: Float32Array, { length, maxAbs }: VectorBound): void {
  if (!(values instanceof Float32Array)) throw new TypeError(`"${label}" expected a Float32Array`);
  if (values.length !== length) throw new RangeError(`"${label}" expected ${length} values, got ${values.length}`);
  // NaN and infinities have the largest magnitudes of all, so one comparison finds them too.
  const largest = maxMagnitudeBits(values);
  if (largest < INFINITY_BITS && magnitudeOfBits(largest) <= maxAbs) return;
  const at = values.findIndex((value) => !(Math.abs(value) <= maxAbs));
  throw new RangeError(`"${label}" expected |value| <= ${maxAbs}, got ${values[at]} at ${at}`);
}
