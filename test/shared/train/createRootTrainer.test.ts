import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { StrategyPlan } from "../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { createRootTrainer } from "../../../shared/train/createRootTrainer.ts";
import { clusters, tinyModel, tinyPrivateStatistics } from "../../simulations/support/tinyExperiment.ts";

const plan = { epochs: 2, batchSize: 4, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
const strategy = { kind: "fedavg" } as const;
const data = clusters(21, 5);

describe("createRootTrainer", () => {
  it("trains from the params it is given, as a client with these examples would", () => {
    const model = tinyModel();
    const [start, later] = [model.init(createRng(1)), model.init(createRng(2))];
    const train = createRootTrainer({ model, plan, strategy, start, data, seed: 9 });
    const client = createLocalTrainer({ model, plan });
    for (const params of [start, later]) {
      expect(train(params)).toEqual(client.train({ params, data, rng: createRng(9, "root") }).delta);
    }
  });

  it.each<StrategyPlan>([
    { kind: "fedavg", client: { kind: "fedprox", mu: 9 } },
    { kind: "fedavgm", momentum: 0.9, client: { kind: "ditto", lambda: 0.1 } },
    { kind: "fedsgd" },
  ])("trains as a client of %o does", (strategy) => {
    const model = tinyModel();
    const params = model.init(createRng(1));
    const client = createClientTrainer({ model, plan, strategy });
    const request = { params, handouts: new Map(), kept: new Map(), data, rng: createRng(9, "root") };
    const train = createRootTrainer({ model, plan, strategy, start: params, data, seed: 9 });
    expect(train(params)).toEqual(client.train(request).delta);
  });

  it("does not train what a client of Ditto trains for itself, which may diverge alone", () => {
    const model = tinyModel();
    const start = model.init(createRng(1));
    const personal: StrategyPlan = { ...strategy, client: { kind: "ditto", lambda: 1e30, epochs: 40 } };
    const request = { params: start, handouts: new Map(), kept: new Map(), data, rng: createRng(9, "root") };
    expect(() => createClientTrainer({ model, plan, strategy: personal }).train(request)).toThrow("diverged");
    const delta = createRootTrainer({ model, plan, strategy: personal, start, data, seed: 9 })(start);
    expect(delta).toEqual(createRootTrainer({ model, plan, strategy, start, data, seed: 9 })(start));
  });

  it("moves no further than clients that are held near the received params", () => {
    const model = tinyModel();
    const start = model.init(createRng(1));
    const lengthWith = (strategy: StrategyPlan): number =>
      Math.hypot(...createRootTrainer({ model, plan, strategy, start, data, seed: 9 })(start));
    const held = lengthWith({ ...strategy, client: { kind: "fedprox", mu: 9 } });
    expect(held).toBeLessThan(lengthWith(strategy) / 2);
  });

  it("begins each training with the same private params, and keeps none", () => {
    const model = tinyPrivateStatistics();
    const start = model.init(createRng(1));
    start.set([3, 4, 5], model.spec.sharedLength);
    const before = start.slice();
    const train = createRootTrainer({ model, plan, strategy, start, data, seed: 9 });
    const shared = start.slice(0, model.spec.sharedLength);
    const delta = train(shared);
    expect(delta).toHaveLength(model.spec.sharedLength);
    expect(train(shared)).toEqual(delta);
    expect([start, shared]).toEqual([before, before.slice(0, model.spec.sharedLength)]);
  });

  it("says that a training diverged", () => {
    const model = tinyModel();
    const start = model.init(createRng(1)).fill(1e38); // the loss of such params is no number
    const train = createRootTrainer({ model, plan, strategy, start, data, seed: 9 });
    expect(() => train(start)).toThrow("training diverged");
  });
});
