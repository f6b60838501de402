import { createRng } from "../base/rng.ts";
import { type HeldOut, holdOut } from "../data/split/holdOut.ts";

/**
 * The rows that a client of a run judges with and never trains on: a random share, rounded down, the same in every round.
 * At least one row is left to train on.
 * @throws RangeError unless the fraction is in [0, 0.9].
 */
export function splitHeldOut(numExamples: number, fraction: number, runId: string): HeldOut {
  return holdOut(numExamples, fraction, createRng("held-out", runId));
}
