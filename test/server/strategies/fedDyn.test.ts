import { describe, expect, it } from "vitest";
import { contribution } from "../../support/contribution.ts";
import { afterRound, strategyOf } from "../../support/strategyPlan.ts";

describe("fedDyn", () => {
  it("takes the mean of the local params less h / alpha", async () => {
    const strategy = strategyOf({ kind: "feddyn", alpha: 0.5, population: 8 }, 1);
    const updates = [
      contribution({ clientId: "a", weight: 1, delta: Float32Array.of(1) }),
      contribution({ clientId: "b", weight: 100, delta: Float32Array.of(3) }),
    ];
    const first = await afterRound(strategy, strategy.init(Float32Array.of(10)), updates);
    expect(first.vectors.get("h")).toEqual(Float64Array.of(-0.25)); // 0 - 0.5 / 8 · (1 + 3)
    expect(first.params[0]).toBe(12.5); // (11 + 13) / 2 + 0.25 / 0.5
    const second = await afterRound(strategy, first, updates, 1);
    expect(second.vectors.get("h")).toEqual(Float64Array.of(-0.5));
    expect(second.params[0]).toBe(15.5); // 12.5 + 2 + 0.5 / 0.5
  });

  it("reaches the exact optimum of two quadratics where averaging their minima does not", async () => {
    // f_k(x) = a_k / 2 · (x - e_k)², a = (1, 3), e = (0, 1): the sum has its minimum at 3/4, the mean of minima is 1/2.
    const quadratics = [
      { a: 1, e: 0 },
      { a: 3, e: 1 },
    ];
    const alpha = 1;
    const strategy = strategyOf({ kind: "feddyn", alpha, population: 2 }, 1);
    let state = strategy.init(Float32Array.of(-1));
    const duals = [0, 0];
    for (let round = 0; round < 60; round++) {
      const x = state.params[0]!;
      const updates = quadratics.map(({ a, e }, k) => {
        // argmin of f_k(y) - dual · y + alpha / 2 · (y - x)²
        const local = (a * e + duals[k]! + alpha * x) / (a + alpha);
        duals[k] = duals[k]! - alpha * (local - x);
        return contribution({ clientId: `${k}`, delta: Float32Array.of(local - x) });
      });
      state = await afterRound(strategy, state, updates, round);
    }
    expect(state.params[0]).toBeCloseTo(0.75, 5);
  });
});
