import { assertFinite } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import { batchOrder } from "../batchOrder.ts";

/** Two parts of the rows 0 .. numRows - 1, in random order. */
export interface HeldOut {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/**
 * Holds a random share of the rows out, rounded down.
 * @throws RangeError unless fraction is in [0, 0.9].
 */
export function holdOut(numRows: number, fraction: number, rng: Rng): HeldOut {
  assertFinite("testFraction", fraction, 0, 0.9);
  const order = batchOrder(numRows, 1, rng);
  const numTest = Math.floor(fraction * numRows);
  return { train: order.subarray(numTest), test: order.subarray(0, numTest) };
}
