import { assertFinite, assertPositiveInteger } from "../../../shared/base/assert.ts";

/** Clients to select for a goal of updates: ceil(goal x overSelection). @throws RangeError if overSelection < 1. */
export function selectionSize(goal: number, overSelection: number): number {
  assertPositiveInteger("goal", goal);
  assertFinite("overSelection", overSelection, 1);
  // The product of a goal and 1.3 may lie a rounding error above a whole number.
  return Math.ceil(goal * overSelection - 1e-9);
}
