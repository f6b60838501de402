import { describe, expect, it } from "vitest";
import { createStrategy, type StrategyPlan } from "../../../server/strategies/createStrategy.ts";
import { sgd } from "../../../server/strategies/sgd.ts";

const plan: StrategyPlan = {
  strategy: { kind: "fedavg" },
  cohort: { size: 2, overSelection: 1.5 },
  maxAbsDelta: 10,
  maxWeight: 100,
};

describe("fedOpt", () => {
  it("is FedAvg with a weighted mean and server SGD of learning rate 1", () => {
    const strategy = createStrategy(plan, 2);
    const aggregator = strategy.createAggregator();
    aggregator.add({ delta: Float32Array.of(1, -2), weight: 1 });
    aggregator.add({ delta: Float32Array.of(3, 2), weight: 3 });
    const { params } = strategy.applyRound(strategy.init(2), Float32Array.of(10, 20), aggregator.finish());
    expect(params).toEqual(Float32Array.of(12.5, 21)); // 10 + (1·1 + 3·3) / 4,  20 + (1·-2 + 3·2) / 4
  });

  it("takes as many updates as the plan selects clients, each with the largest weight", () => {
    const aggregator = createStrategy(plan, 1).createAggregator();
    const update = { delta: Float32Array.of(10), weight: 100 };
    for (let i = 0; i < 3; i++) aggregator.add(update); // ceil(2 x 1.5)
    expect(aggregator.finish()).toEqual(Float64Array.of(10));
    expect(() => aggregator.add(update)).toThrow(RangeError);
  });

  it("refuses a strategy that it does not know", () => {
    expect(() => createStrategy({ ...plan, strategy: { kind: "median" as "fedavg" } }, 1)).toThrow(/"strategy.kind"/);
  });
});

describe("sgd", () => {
  it("descends the pseudo-gradient by the learning rate", () => {
    const { params } = sgd({ learningRate: 0.5 }).step(null, Float32Array.of(1, 2), Float64Array.of(4, -4));
    expect(params).toEqual(Float32Array.of(-1, 4)); // 1 - 0.5·4,  2 - 0.5·(-4)
  });

  it("rounds once, after the f64 sum", () => {
    // 1 + 2^-24 + 2^-40 lies just above the midpoint of two f32 values; an f32-rounded step of 2^-24 would be a tie.
    const { params } = sgd({ learningRate: 1 }).step(null, Float32Array.of(1), Float64Array.of(-(2 ** -24 + 2 ** -40)));
    expect(params[0]).toBe(1 + 2 ** -23);
  });

  it("leaves its arguments alone", () => {
    const params = Float32Array.of(1);
    const gradient = Float64Array.of(1);
    sgd({ learningRate: 1 }).step(null, params, gradient);
    expect([params[0], gradient[0]]).toEqual([1, 1]);
  });

  it("refuses another length, a result that f32 cannot hold and a learning rate that is not positive", () => {
    const step = (params: number[], gradient: number[]) =>
      sgd({ learningRate: 1 }).step(null, Float32Array.from(params), Float64Array.from(gradient));
    expect(() => step([1], [1, 2])).toThrow(RangeError);
    expect(() => step([1], [-1e39])).toThrow(/finite/);
    expect(() => step([1], [Number.NaN])).toThrow(/finite/);
    expect(() => sgd({ learningRate: 0 })).toThrow(RangeError);
  });
});
