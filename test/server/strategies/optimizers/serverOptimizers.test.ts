import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StrategyPlan } from "../../../../server/strategies/createStrategy.ts";
import { adaptive } from "../../../../server/strategies/optimizers/adaptive.ts";
import { momentumSgd } from "../../../../server/strategies/optimizers/momentum.ts";
import { contribution } from "../../../support/contribution.ts";
import { afterRound, strategyOf } from "../../../support/strategyPlan.ts";

interface Fixture {
  readonly start: number[];
  readonly deltas: number[][];
  readonly paths: Record<string, number[][]>;
}

const fixture = JSON.parse(
  readFileSync(new URL("../../../fixtures/numpy/serverOptimizers.json", import.meta.url), "utf8"),
) as Fixture;

describe("a server optimizer", () => {
  it.each<[string, StrategyPlan["strategy"]]>([
    ["momentum", { kind: "fedavgm", learningRate: 0.1, momentum: 0.9 }],
    ["Adagrad", { kind: "fedadagrad", learningRate: 0.1 }],
    ["Adam", { kind: "fedadam", learningRate: 0.1 }],
    ["Yogi", { kind: "fedyogi", learningRate: 0.1 }],
  ])("takes the path of NumPy with %s and the paper's defaults", async (_, plan) => {
    const strategy = strategyOf(plan, 4);
    let state = strategy.init(Float32Array.from(fixture.start));
    for (const [round, delta] of fixture.deltas.entries()) {
      state = await afterRound(strategy, state, [contribution({ delta: Float32Array.from(delta) })], round);
      for (const [i, expected] of fixture.paths[plan.kind]![round]!.entries()) {
        // The exact sum moves a delta by at most 2^-33 and each param is rounded to f32 once a round.
        expect(Math.abs(state.params[i]! - expected)).toBeLessThan(1e-6);
      }
    }
  });
});

describe("momentumSgd", () => {
  it("adds to each step what is left of the last one", () => {
    const optimizer = momentumSgd({ learningRate: 0.5, momentum: 0.5 });
    const start = { params: Float32Array.of(10), vectors: optimizer.init(1) };
    const first = optimizer.step(start, Float64Array.of(4));
    expect(first.params[0]).toBe(8); // 10 - 0.5 · 4
    const second = optimizer.step(first, Float64Array.of(2));
    expect(second.vectors.get("velocity")).toEqual(Float64Array.of(4)); // 0.5 · 4 + 2
    expect(second.params[0]).toBe(6); // 8 - 0.5 · 4
  });

  it("refuses a momentum of 1 and a learning rate of 0", () => {
    expect(() => momentumSgd({ learningRate: 1, momentum: 1 })).toThrow(/"momentum"/);
    expect(() => momentumSgd({ learningRate: 0, momentum: 0.5 })).toThrow(/"learningRate"/);
  });
});

describe("adaptive", () => {
  const step = (kind: "fedadagrad" | "fedadam" | "fedyogi", delta: number) => {
    const optimizer = adaptive({ kind, learningRate: 1, beta1: 0.5, beta2: 0.75, tau: 0.5 });
    return optimizer.step({ params: Float32Array.of(0), vectors: optimizer.init(1) }, Float64Array.of(-delta));
  };

  // From m = 0 and v = tau² = 0.25 with delta 1: m = 0.5 · 0 + 0.5 · 1, and v as below; then m / (sqrt(v) + 0.5).
  it.each([
    ["fedadagrad", 1, 1.25], // 0.25 + 1
    ["fedadam", 1, 0.4375], // 0.75 · 0.25 + 0.25 · 1
    ["fedyogi", 1, 0.5], // 0.25 + 0.25 · 1: v grows, d² lies above it
    ["fedyogi", 0.25, 0.234375], // 0.25 - 0.25 · 0.0625: v shrinks, d² lies below it
  ] as const)("takes one step of %s with delta %d by hand", (kind, delta, second) => {
    const { params, vectors } = step(kind, delta);
    expect(vectors.get("first")).toEqual(Float64Array.of(delta / 2));
    expect(vectors.get("second")).toEqual(Float64Array.of(second));
    expect(params[0]).toBe(Math.fround(delta / 2 / (Math.sqrt(second) + 0.5)));
  });

  it.each([{ learningRate: 0 }, { beta1: 1 }, { beta2: 1 }, { tau: 0 }])("refuses %o", (wrong) => {
    expect(() => adaptive({ kind: "fedadam", learningRate: 1, ...wrong })).toThrow(RangeError);
  });
});
