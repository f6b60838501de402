import { describe, expect, it } from "vitest";
import { contribution } from "../../support/contribution.ts";
import { localDelta } from "../../support/quadratic.ts";
import { afterRound, strategyOf } from "../../support/strategyPlan.ts";

const vector = (value: number): Float32Array => Float32Array.of(value);

/**
 * The pair of Theorem II: f1(x) = x² + G x and f2(x) = -G x. Their mean x²/2 has its minimum at 0, whatever G: G says
 * only how far the two clients disagree.
 */
const gradients = (g: number) => [(x: number) => 2 * x + g, () => -g] as const;

const LEARNING_RATE = 0.05;

async function fedAvgPath(g: number, steps: number, rounds: number): Promise<number[]> {
  const strategy = strategyOf({ kind: "fedavg" }, 1);
  let state = strategy.init(vector(1));
  const path = [1];
  for (let round = 0; round < rounds; round++) {
    const x = state.params[0]!;
    const updates = gradients(g).map((gradient, client) => {
      const delta = vector(localDelta(gradient, x, { learningRate: LEARNING_RATE, steps }));
      return contribution({ clientId: `${client}`, delta });
    });
    state = await afterRound(strategy, state, updates, round);
    path.push(state.params[0]!);
  }
  return path;
}

/** Clients of Algorithm 1 with option II, whose controls begin at their gradients, as the paper recommends. */
async function scaffoldPath(g: number, steps: number, rounds: number): Promise<number[]> {
  const strategy = strategyOf({ kind: "scaffold", population: 2 }, 1);
  const clients = gradients(g);
  let controls = clients.map((gradient) => gradient(1));
  let state = {
    params: vector(1),
    vectors: new Map([["control", Float64Array.of((controls[0]! + controls[1]!) / 2)]]),
  };
  const path = [1];
  for (let round = 0; round < rounds; round++) {
    const given = strategy.handouts(state, "any");
    const x = given.get("params")![0]!;
    const c = given.get("control")![0]!;
    const local = clients.map((gradient, i) => {
      const own = controls[i]!;
      const delta = localDelta((y) => gradient(y) - own + c, x, { learningRate: LEARNING_RATE, steps });
      return { delta, control: own - c - delta / (steps * LEARNING_RATE) };
    });
    const updates = local.map(({ delta, control }, i) =>
      contribution({
        clientId: `${i}`,
        delta: vector(delta),
        parts: new Map([["control", vector(control - controls[i]!)]]),
      }),
    );
    controls = local.map(({ control }) => control);
    state = (await afterRound(strategy, state, updates, round)) as typeof state;
    path.push(state.params[0]!);
  }
  return path;
}

describe("scaffold", () => {
  it("steps by the mean delta and moves the control by its share of the population", async () => {
    const strategy = strategyOf({ kind: "scaffold", population: 8, learningRate: 0.5 }, 1);
    const update = (clientId: string, delta: number, control: number, weight: number) =>
      contribution({ clientId, weight, delta: vector(delta), parts: new Map([["control", vector(control)]]) });
    const { params, vectors } = await afterRound(strategy, strategy.init(vector(10)), [
      update("a", 1, 4, 1),
      update("b", 3, -12, 100),
    ]);
    expect(params[0]).toBe(11); // 10 + 0.5 · (1 + 3) / 2: weights do not count
    expect(vectors.get("control")).toEqual(Float64Array.of(-1)); // 0 + 2/8 · (4 - 12) / 2
    expect(strategy.handouts({ params, vectors }, "a").get("control")).toEqual(vector(-1));
  });

  it("reaches the optimum at the same pace however far two clients disagree", async () => {
    const calm = await scaffoldPath(1, 10, 40);
    expect(Math.abs(calm[40]!)).toBeLessThan(1e-6);
    for (const g of [10, 100]) {
      for (const [round, x] of (await scaffoldPath(g, 10, 40)).entries()) {
        expect(Math.abs(x - calm[round]!)).toBeLessThan(1e-4); // f32 controls of size G
      }
    }
  });

  it("does so where FedAvg ends away from it, the more so the more clients disagree and the more steps they take", async () => {
    /** x = (q (x + G/2) - G/2 + x + n r G) / 2 with q = (1 - 2 r)^n, solved for x: r the learning rate, n the steps. */
    const fixedPoint = (g: number, steps: number): number => {
      const q = (1 - 2 * LEARNING_RATE) ** steps;
      return (g * ((q - 1) / 2 + steps * LEARNING_RATE)) / (1 - q);
    };
    for (const g of [1, 10, 100]) {
      const end = (await fedAvgPath(g, 10, 100))[100]!;
      expect(Math.abs(end / fixedPoint(g, 10) - 1)).toBeLessThan(1e-5);
    }
    expect(fixedPoint(10, 10)).toBeGreaterThan(2);
    expect(fixedPoint(10, 20)).toBeGreaterThan(fixedPoint(10, 10));
    expect(fixedPoint(10, 1)).toBeCloseTo(0, 12);
  });

  it("refuses a control beyond the plan's bound", () => {
    const strategy = strategyOf({ kind: "scaffold", population: 2, maxAbsControl: 5 }, 1);
    const fold = strategy.openRound(strategy.init(vector(0)), 0);
    const update = (control: number) =>
      contribution({ delta: vector(0), parts: new Map([["control", vector(control)]]) });
    expect(() => fold.add(update(5.01))).toThrow('"control" expected |value| <= 5');
    fold.add(update(5));
    expect(fold.numUpdates).toBe(1);
  });
});
