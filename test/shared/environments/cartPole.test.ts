import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import {
  type CartPoleAction,
  type CartPoleState,
  observeCartPole,
  startCartPole,
  stepCartPole,
} from "../../../shared/environments/cartPole.ts";

interface Case {
  readonly name: string;
  readonly start: readonly [number, number, number, number];
  readonly actions: readonly CartPoleAction[];
  readonly states: readonly (readonly number[])[];
  readonly isTerminal: boolean;
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../fixtures/environments/cartPole.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Case[] };

const stateOf = ([position, velocity, angle, angularVelocity]: Case["start"]): CartPoleState => ({
  position,
  velocity,
  angle,
  angularVelocity,
  steps: 0,
});

/**
 * The upright pole is unstable: with fixed pushes a difference grows by at most e^(3.97 s⁻¹ · 4 s) = 8e6 in 200 steps
 * (3.97² = g / (l (4/3 - m/M)), cart held). Roundings of some 1e-16 a step thus stay below 1e-8.
 */
const TOLERANCE = 1e-8;

describe("stepCartPole", () => {
  it.each(cases)("follows NumPy's trajectory: $name", ({ start, actions, states, isTerminal }) => {
    let state = stateOf(start);
    for (const [at, action] of actions.entries()) {
      const step = stepCartPole(state, action);
      state = step.state;
      const { position, velocity, angle, angularVelocity } = state;
      for (const [variable, value] of [position, velocity, angle, angularVelocity].entries()) {
        expect(Math.abs(value - (states[at]?.[variable] as number))).toBeLessThan(TOLERANCE);
      }
      const isLast = at === actions.length - 1;
      expect(step).toMatchObject({ reward: 1, isTerminal: isLast && isTerminal, isTruncated: isLast && !isTerminal });
      expect(state.steps).toBe(at + 1);
    }
  });

  it("mirrors left and right", () => {
    const start = stateOf([0.3, -0.2, 0.04, 0.1]);
    const mirrored = stateOf([-0.3, 0.2, -0.04, -0.1]);
    const right = stepCartPole(start, 1).state;
    const left = stepCartPole(mirrored, 0).state;
    expect(observeCartPole(left)).toEqual(observeCartPole(right).map((value) => -value));
  });

  it("ends an episode of a standing pole after the steps asked for", () => {
    const late = { ...stateOf([0, 0, 0, 0]), steps: 199 };
    expect(stepCartPole(late, 1)).toMatchObject({ isTerminal: false, isTruncated: true });
    expect(stepCartPole(late, 1, { maxSteps: 500 })).toMatchObject({ isTerminal: false, isTruncated: false });
  });

  it("says that a pole fell rather than that time was up", () => {
    const falling = { ...stateOf([0, 0, 0.209, 1]), steps: 199 };
    expect(stepCartPole(falling, 1)).toMatchObject({ isTerminal: true, isTruncated: false });
  });

  it("refuses other actions and limits", () => {
    expect(() => stepCartPole(stateOf([0, 0, 0, 0]), 2 as CartPoleAction)).toThrow('"action" expected 0 or 1, got 2');
    expect(() => stepCartPole(stateOf([0, 0, 0, 0]), 1, { maxSteps: 0 })).toThrow(RangeError);
  });
});

describe("startCartPole", () => {
  it("draws every variable within 0.05 of the middle, from the seed alone", () => {
    const rng = createRng(7, "episodes");
    const starts = Array.from({ length: 500 }, () => [...observeCartPole(startCartPole(rng))]).flat();
    expect(Math.max(...starts.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.05));
    // The largest of 2,000 uniform draws lies below 0.049 with chance 0.98^2000 < 1e-17.
    expect(Math.max(...starts)).toBeGreaterThan(0.048);
    expect(Math.min(...starts)).toBeLessThan(-0.048);
    expect(startCartPole(createRng(7, "episodes"))).toEqual(startCartPole(createRng(7, "episodes")));
  });
});
