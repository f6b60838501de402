import { describe, expect, it } from "vitest";
import { exp, log, sigmoid, tanh } from "../../../shared/base/math.ts";
import { createRng } from "../../../shared/base/rng.ts";

/** Distance in units in the last place of the expected value. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0;
  const magnitude = Math.abs(expected);
  const unit = Math.max(2 ** -1074, 2 ** (Math.floor(Math.log2(magnitude)) - 52));
  return Math.abs(actual - expected) / unit;
}

// Math.* of this engine is itself within 1 ulp, so a bound here is the stated one plus 1.
function worst(ours: (x: number) => number, theirs: (x: number) => number, low: number, high: number): number {
  const rng = createRng("math", low, high);
  let most = 0;
  for (let i = 0; i < 20_000; i++) {
    const x = low + (high - low) * rng.nextFloat();
    most = Math.max(most, ulps(ours(x), theirs(x)));
  }
  return most;
}

describe("math", () => {
  it("exp is within 2 ulp of the platform's, 3 among subnormal results", () => {
    expect(worst(exp, Math.exp, -1, 1)).toBeLessThanOrEqual(2);
    expect(worst(exp, Math.exp, -700, 700)).toBeLessThanOrEqual(2);
    expect(worst(exp, Math.exp, -745, -708)).toBeLessThanOrEqual(3);
  });

  it("log is within 2 ulp of the platform's", () => {
    expect(worst(log, Math.log, 0.5, 2)).toBeLessThanOrEqual(2);
    expect(worst(log, Math.log, 0, 1e6)).toBeLessThanOrEqual(2);
    expect(worst(log, Math.log, 0, 1e-308)).toBeLessThanOrEqual(2);
  });

  it("tanh is within 5 ulp of the platform's", () => {
    expect(worst(tanh, Math.tanh, -1, 1)).toBeLessThanOrEqual(5);
    expect(worst(tanh, Math.tanh, -25, 25)).toBeLessThanOrEqual(5);
    expect(worst(tanh, Math.tanh, -1e-9, 1e-9)).toBeLessThanOrEqual(5);
  });

  it("sigmoid is within 5 ulp of its definition where that does not cancel", () => {
    const definition = (x: number): number => 1 / (1 + Math.exp(-x));
    expect(worst(sigmoid, definition, -700, 40)).toBeLessThanOrEqual(5);
  });

  it("gives the limits, and NaN for NaN", () => {
    expect([exp(0), exp(Infinity), exp(-Infinity), exp(710), exp(-746)]).toEqual([1, Infinity, 0, Infinity, 0]);
    expect([log(1), log(0), log(-1), log(Infinity)]).toEqual([0, -Infinity, Number.NaN, Infinity]);
    expect([tanh(0), tanh(-0), tanh(Infinity), tanh(-Infinity)]).toEqual([0, -0, 1, -1]);
    expect([sigmoid(0), sigmoid(Infinity), sigmoid(-Infinity)]).toEqual([0.5, 1, 0]);
    for (const f of [exp, log, tanh, sigmoid]) expect(f(Number.NaN)).toBeNaN();
  });
});
