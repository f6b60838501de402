import { assertFinite, assertPositiveInteger } from "../base/assert.ts";

export interface EarlyStoppingOptions {
  /** Which way the watched value gets better: "min" for a loss, "max" for an accuracy. */
  readonly direction: "min" | "max";
  /** Values in a row that may fail to improve; training stops at the last of them. At least 1. */
  readonly patience: number;
  /** A value improves on the best if it is better by more than this, >= 0. Default 0. */
  readonly minDelta?: number;
}

/** Plain JSON, so that a run can be continued. */
export interface EarlyStoppingState {
  /** Values seen up to the stop. */
  readonly numValues: number;
  /** The best value and its place, from 0: the params of that evaluation are the ones to restore. Null before the first. */
  readonly best: { readonly value: number; readonly index: number } | null;
  /** Values since the best one. */
  readonly numWithoutImprovement: number;
  readonly stopped: boolean;
}

/** Early stopping as a reducer: `next` takes a state and the newest value; the caller looks at `stopped`. */
export interface EarlyStopping {
  init(): EarlyStoppingState;
  /** The next state; one that has stopped stays as it is. @throws TypeError if the value is NaN or infinite. */
  next(state: EarlyStoppingState, value: number): EarlyStoppingState;
}

/**
 * Stops when a validation value has not improved for `patience` evaluations. The best stays the value to beat, so a slow
 * drift in steps below minDelta still counts as an improvement once it adds up.
 * Source: Prechelt 1998, "Early stopping - but when?", the third class of criteria (UP), with the best value so far
 * in place of the previous strip's.
 */
export function earlyStopping({ direction, patience, minDelta = 0 }: EarlyStoppingOptions): EarlyStopping {
  if (direction !== "min" && direction !== "max") {
    throw new TypeError(`"direction" expected "min" or "max", got ${JSON.stringify(direction)}`);
  }
  assertPositiveInteger("patience", patience);
  assertFinite("minDelta", minDelta, 0);
  const improvement = (value: number, best: number): number => (direction === "min" ? best - value : value - best);
  return {
    init: () => ({ numValues: 0, best: null, numWithoutImprovement: 0, stopped: false }),
    next(state, value) {
      assertFinite("value", value);
      if (state.stopped) return state;
      const { numValues, best } = state;
      if (best === null || improvement(value, best.value) > minDelta) {
        return {
          numValues: numValues + 1,
          best: { value, index: numValues },
          numWithoutImprovement: 0,
          stopped: false,
        };
      }
      const numWithoutImprovement = state.numWithoutImprovement + 1;
      return { numValues: numValues + 1, best, numWithoutImprovement, stopped: numWithoutImprovement >= patience };
    },
  };
}
