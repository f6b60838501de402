import { describe, expect, it } from "vitest";
import { effectiveSteps } from "../../../server/strategies/effectiveSteps.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { contribution } from "../../support/contribution.ts";
import { localDelta } from "../../support/quadratic.ts";
import { afterRound, strategyOf } from "../../support/strategyPlan.ts";

const local = (fields: object = {}, plan: object = {}): LocalPlan => ({
  epochs: 1,
  batchSize: 1,
  optimizer: { kind: "sgd", learningRate: 0.1, ...fields },
  ...plan,
});

describe("fedNova", () => {
  it("averages deltas per step and takes as many steps as clients did in the mean", async () => {
    const strategy = strategyOf({ kind: "fednova" }, 1);
    const { params } = await afterRound(strategy, strategy.init(Float32Array.of(10)), [
      contribution({ clientId: "a", weight: 1, delta: Float32Array.of(2), metrics: { numSteps: 1 } }),
      contribution({ clientId: "b", weight: 3, delta: Float32Array.of(8), metrics: { numSteps: 4 } }),
    ]);
    // Σ p d = (1·2/1 + 3·8/4) / 4 = 2;  tau = (1·1 + 3·4) / 4 = 3.25
    expect(params[0]).toBe(16.5);
  });

  it("is FedAvg where all clients take equally many steps", async () => {
    const updates = [0.3, -1.7, 2.2].map((d, i) =>
      contribution({ clientId: `${i}`, weight: i + 1, delta: Float32Array.of(d), metrics: { numSteps: 7 } }),
    );
    const params = async (kind: "fednova" | "fedavg") => {
      const strategy = strategyOf({ kind }, 1);
      return (await afterRound(strategy, strategy.init(Float32Array.of(1)), updates)).params[0]!;
    };
    expect(Math.abs((await params("fednova")) - (await params("fedavg")))).toBeLessThan(2 ** -23);
  });

  it("ends at the optimum of the sum where FedAvg ends near the client with more steps", async () => {
    // f_i(x) = (x - e_i)² / 2 with e = (0, 1), alike in weight: the optimum is 0.5. Client 0 takes 1 step, client 1 ten.
    const steps = [1, 10];
    const learningRate = 0.01;
    const end = async (kind: "fednova" | "fedavg") => {
      const strategy = strategyOf({ kind }, 1);
      let state = strategy.init(Float32Array.of(0.2));
      for (let round = 0; round < 600; round++) {
        const updates = steps.map((numSteps, e) => {
          const delta = localDelta((x) => x - e, state.params[0]!, { learningRate, steps: numSteps });
          return contribution({ clientId: `${e}`, weight: 10, delta: Float32Array.of(delta), metrics: { numSteps } });
        });
        state = await afterRound(strategy, state, updates, round);
      }
      return state.params[0]!;
    };
    // delta_i = (1 - (1 - r)^n_i) (e_i - x): FedAvg rests at w1 / (w0 + w1) with w the factors, FedNova with w / n.
    const factor = (n: number) => 1 - (1 - learningRate) ** n;
    const [fedAvg, fedNova] = [await end("fedavg"), await end("fednova")];
    expect(fedAvg).toBeCloseTo(factor(10) / (factor(1) + factor(10)), 5);
    expect(fedAvg).toBeGreaterThan(0.9);
    expect(fedNova).toBeCloseTo(factor(10) / 10 / (factor(1) + factor(10) / 10), 5);
    expect(Math.abs(fedNova - 0.5)).toBeLessThan(0.02);
  });

  it("refuses a number of steps that the plan's examples cannot take", () => {
    const strategy = strategyOf({ kind: "fednova" }, 1, {
      maxWeight: 10,
      local: { ...local(), epochs: 2, batchSize: 4 },
    });
    const fold = strategy.openRound(strategy.init(Float32Array.of(0)), 0);
    const update = (numSteps: number) => contribution({ delta: Float32Array.of(1), metrics: { numSteps } });
    fold.add(update(6)); // 2 epochs of ceil(10 / 4) batches
    for (const wrong of [7, 0, 1.5]) expect(() => fold.add(update(wrong))).toThrow('"numSteps"');
    expect(fold.numUpdates).toBe(1);
  });
});

describe("effectiveSteps", () => {
  /** How far local SGD on a gradient of 1 everywhere comes, in learning rates. */
  function slowTwin({ learningRate = 0.1, momentum = 0, nesterov = false, proximal = 0 }, numSteps: number): number {
    let x = 0;
    let velocity = 0;
    for (let step = 0; step < numSteps; step++) {
      const gradient = 1 + proximal * x;
      velocity = momentum * velocity + gradient;
      x -= learningRate * (nesterov ? gradient + momentum * velocity : velocity);
    }
    return -x / learningRate;
  }

  it.each([
    {},
    { momentum: 0.9 },
    { momentum: 0.5, nesterov: true },
    { proximal: 0.7 },
    { proximal: 10 },
  ])("counts what a constant gradient does under %o", ({
    proximal,
    ...optimizer
  }: {
    proximal?: number;
    momentum?: number;
    nesterov?: boolean;
  }) => {
    const steps = effectiveSteps(local(optimizer, proximal === undefined ? {} : { penalties: { proximal } }));
    for (const n of [1, 2, 5, 40]) {
      const expected = slowTwin({ ...optimizer, ...(proximal !== undefined && { proximal }) }, n);
      expect(Math.abs(steps(n) / expected - 1)).toBeLessThan(1e-9);
    }
  });

  it.each([
    ["Adam", local({}, { optimizer: { kind: "adam", learningRate: 0.1 } }), /"sgd"/],
    ["a schedule", local({}, { schedule: { kind: "step", every: 10, factor: 0.5 } }), /"schedule"/],
    ["momentum with a proximal term", local({ momentum: 0.5 }, { penalties: { proximal: 1 } }), /leave one out/],
    ["a proximal term that overshoots", local({}, { penalties: { proximal: 11 } }), /<= 1/],
  ])("refuses %s", (_, plan, message) => {
    expect(() => effectiveSteps(plan)).toThrow(message);
  });
});
