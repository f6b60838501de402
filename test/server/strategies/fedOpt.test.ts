import { describe, expect, it } from "vitest";
import { createStrategy, type StrategyPlan } from "../../../server/strategies/createStrategy.ts";
import { sgd } from "../../../server/strategies/optimizers/sgd.ts";
import type { ServerState } from "../../../server/strategies/strategy.ts";
import { contribution, NO_INPUTS } from "../../support/contribution.ts";

const plan: StrategyPlan = {
  strategy: { kind: "fedavg" },
  aggregation: "mean",
  cohort: { size: 2, overSelection: 1.5, quorum: 1 },
  maxAbsDelta: 10,
  maxWeight: 100,
  maxStaleness: 0,
  local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } },
};

const stateOf = (...params: number[]): ServerState => ({ params: Float32Array.from(params), vectors: new Map() });

describe("fedOpt", () => {
  it("is FedAvg with a weighted mean and server SGD of learning rate 1", async () => {
    const strategy = createStrategy(plan, 2);
    const round = strategy.openRound(strategy.init(Float32Array.of(10, 20)), 0);
    round.add(contribution({ delta: Float32Array.of(1, -2), weight: 1 }));
    round.add(contribution({ delta: Float32Array.of(3, 2), weight: 3 }));
    expect([round.numUpdates, round.totalWeight]).toEqual([2, 4]);
    const { params } = await round.finish(NO_INPUTS);
    expect(params).toEqual(Float32Array.of(12.5, 21)); // 10 + (1·1 + 3·3) / 4,  20 + (1·-2 + 3·2) / 4
  });

  it("takes as many updates as the plan selects clients, each with the largest weight", async () => {
    const round = createStrategy(plan, 1).openRound(stateOf(0), 0);
    const update = contribution({ delta: Float32Array.of(10), weight: 100 });
    for (let i = 0; i < 3; i++) round.add(update); // ceil(2 x 1.5)
    expect((await round.finish(NO_INPUTS)).params).toEqual(Float32Array.of(10));
    expect(() => round.add(update)).toThrow(RangeError);
  });

  it("refuses a strategy that it does not know", () => {
    expect(() => createStrategy({ ...plan, strategy: { kind: "median" as "fedavg" } }, 1)).toThrow(/"strategy.kind"/);
  });
});

describe("sgd", () => {
  it("descends the pseudo-gradient by the learning rate", () => {
    const { params } = sgd({ learningRate: 0.5 }).step(stateOf(1, 2), Float64Array.of(4, -4));
    expect(params).toEqual(Float32Array.of(-1, 4)); // 1 - 0.5·4,  2 - 0.5·(-4)
  });

  it("rounds once, after the f64 sum", () => {
    // 1 + 2^-24 + 2^-40 lies just above the midpoint of two f32 values; an f32-rounded step of 2^-24 would be a tie.
    const { params } = sgd({ learningRate: 1 }).step(stateOf(1), Float64Array.of(-(2 ** -24 + 2 ** -40)));
    expect(params[0]).toBe(1 + 2 ** -23);
  });

  it("leaves its arguments alone", () => {
    const state = stateOf(1);
    const gradient = Float64Array.of(1);
    sgd({ learningRate: 1 }).step(state, gradient);
    expect([state.params[0], gradient[0]]).toEqual([1, 1]);
  });

  it("refuses another length, a result that f32 cannot hold and a learning rate that is not positive", () => {
    const step = (params: number[], gradient: number[]) =>
      sgd({ learningRate: 1 }).step(stateOf(...params), Float64Array.from(gradient));
    expect(() => step([1], [1, 2])).toThrow(RangeError);
    expect(() => step([1], [-1e39])).toThrow(/finite/);
    expect(() => step([1], [Number.NaN])).toThrow(/finite/);
    expect(() => sgd({ learningRate: 0 })).toThrow(RangeError);
  });
});
