import { assertInteger, assertPositiveInteger } from "../base/assert.ts";
import { type Rng, shuffle } from "../base/rng.ts";

/**
 * The order in which local training visits its rows, [epochs * numRows]: a fresh permutation of 0 .. numRows - 1 an
 * epoch. Batches are consecutive runs of it within an epoch; the last of an epoch may be shorter.
 * Source: McMahan et al. 2017, Algorithm 1 ("split P_k into batches of size B"), reshuffled every epoch.
 * @throws RangeError unless numRows >= 0 and epochs >= 1.
 */
export function batchOrder(numRows: number, epochs: number, rng: Rng): Uint32Array {
  assertInteger("numRows", numRows, 0);
  assertPositiveInteger("epochs", epochs);
  const order = new Uint32Array(epochs * numRows);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const part = order.subarray(epoch * numRows, (epoch + 1) * numRows);
    for (let row = 0; row < numRows; row++) part[row] = row;
    shuffle(part, rng);
  }
  return order;
}
