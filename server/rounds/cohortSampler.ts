import { assertFinite, assertPositiveInteger } from "../../shared/base/assert.ts";
import type { Rng } from "../../shared/base/rng.ts";

/** Picks a cohort from the eligible clients; the result is in the order of `eligible`. */
export type CohortSampler = (eligible: readonly string[], size: number, rng: Rng) => readonly string[];

/**
 * Uniform without replacement: every set of `size` clients is equally likely. All of them when there are no more.
 * The seeded generator makes a simulation repeatable; a coordinator seeds it from the platform's secure randomness.
 */
export const uniformSampler: CohortSampler = (eligible, size, rng) => {
  assertPositiveInteger("size", size);
  if (eligible.length <= size) return eligible.slice();
  const places = new Uint32Array(eligible.length);
  for (let place = 0; place < places.length; place++) places[place] = place;
  // The first `size` steps of a Fisher-Yates shuffle: a cohort is small and a population may be large.
  for (let i = 0; i < size; i++) {
    const j = i + rng.nextBelow(places.length - i);
    const held = places[i] as number;
    places[i] = places[j] as number;
    places[j] = held;
  }
  return Array.from(places.subarray(0, size).sort(), (place) => eligible[place] as string);
};

/** Clients to select for a goal of updates: ceil(goal x overSelection). @throws RangeError if overSelection < 1. */
export function selectionSize(goal: number, overSelection: number): number {
  assertPositiveInteger("goal", goal);
  assertFinite("overSelection", overSelection, 1);
  // The product of a goal and 1.3 may lie a rounding error above a whole number.
  return Math.ceil(goal * overSelection - 1e-9);
}
