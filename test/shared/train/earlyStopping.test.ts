import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EarlyStoppingOptions, earlyStopping } from "../../../shared/train/earlyStopping.ts";

const SEED = 24;

function run(options: EarlyStoppingOptions, values: readonly number[]) {
  const { init, next } = earlyStopping(options);
  return values.reduce(next, init());
}

describe(`earlyStopping, seed ${SEED}`, () => {
  it("stops at the last of `patience` values that do not improve, and says which was best", () => {
    const options = { direction: "min", patience: 2 } as const;
    expect(run(options, [3, 2, 2.5])).toEqual({
      numValues: 3,
      best: { value: 2, index: 1 },
      numWithoutImprovement: 1,
      stopped: false,
    });
    // An equal value is no improvement.
    expect(run(options, [3, 2, 2.5, 2])).toEqual({
      numValues: 4,
      best: { value: 2, index: 1 },
      numWithoutImprovement: 2,
      stopped: true,
    });
    expect(run(options, [3, 2, 2.5, 1, 1.5]).stopped).toBe(false); // the 1 starts the count again
  });

  it("watches a value that should grow", () => {
    const options = { direction: "max", patience: 1 } as const;
    expect(run(options, [0.5, 0.7]).best).toEqual({ value: 0.7, index: 1 });
    expect(run(options, [0.5, 0.7, 0.6])).toMatchObject({ best: { value: 0.7, index: 1 }, stopped: true });
  });

  it("asks for more than minDelta, measured from the best", () => {
    const options = { direction: "min", patience: 3, minDelta: 0.5 } as const;
    expect(run(options, [4, 3.5]).best).toEqual({ value: 4, index: 0 }); // better by 0.5, not by more
    // Steps of 0.25: the third is 0.75 below the best.
    expect(run(options, [4, 3.75, 3.5, 3.25])).toMatchObject({ best: { value: 3.25, index: 3 }, stopped: false });
  });

  it("stays as it is once stopped", () => {
    const stopped = run({ direction: "min", patience: 1 }, [1, 2]);
    expect(stopped.stopped).toBe(true);
    expect(earlyStopping({ direction: "min", patience: 1 }).next(stopped, 0)).toBe(stopped);
  });

  it("finds the best value before the stop, for any values, and mirrors under a change of sign", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 4 }),
        (values, patience) => {
          const state = run({ direction: "min", patience }, values);
          const seen = values.slice(0, state.numValues);
          expect(state.best?.value).toBe(Math.min(...seen));
          expect(state.best?.index).toBe(seen.indexOf(Math.min(...seen)));
          expect(state.stopped).toBe(seen.length - 1 - state.best!.index === patience);
          if (!state.stopped) expect(seen).toEqual(values);
          const mirrored = run(
            { direction: "max", patience },
            values.map((value) => 0 - value),
          );
          expect(mirrored).toEqual({ ...state, best: { value: 0 - state.best!.value, index: state.best!.index } });
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("continues from JSON", () => {
    const { init, next } = earlyStopping({ direction: "min", patience: 2 });
    expect(JSON.parse(JSON.stringify(init()))).toEqual(init());
    const half = JSON.parse(JSON.stringify([3, 2].reduce(next, init())));
    expect([2.5, 2].reduce(next, half)).toEqual([3, 2, 2.5, 2].reduce(next, init()));
  });

  it("refuses a value that is not finite, and options that mean nothing", () => {
    const { init, next } = earlyStopping({ direction: "min", patience: 2 });
    expect(() => next(init(), Number.NaN)).toThrow('"value" expected a finite number, got NaN');
    expect(() => next(init(), Number.POSITIVE_INFINITY)).toThrow(TypeError);
    expect(() => earlyStopping({ direction: "min", patience: 0 })).toThrow('"patience" expected >= 1, got 0');
    expect(() => earlyStopping({ direction: "min", patience: 1, minDelta: -1 })).toThrow(RangeError);
    expect(() => earlyStopping({ direction: "down" as "min", patience: 1 })).toThrow('"direction" expected');
  });
});
