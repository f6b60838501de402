import { describe, expect, it } from "vitest";
import { createStrategy, type StrategyPlan } from "../../../server/strategies/createStrategy.ts";
import { inlineTiles } from "../../../server/strategies/robust/inlineTiles.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { contribution, NO_INPUTS } from "../../support/contribution.ts";
import { afterRound, strategyPlan } from "../../support/strategyPlan.ts";

const cohort = { size: 5, overSelection: 1, quorum: 5 };
const updates = [1, 2, 3, 4, 90].map((d, i) =>
  contribution({ clientId: `${i}`, weight: 10 ** (i % 3), delta: Float32Array.of(d) }),
);

describe("createStrategy", () => {
  it("gives any server optimizer the delta of a robust rule, under which examples do not count", async () => {
    const plan = strategyPlan({ kind: "fedavgm", momentum: 0.5 }, { aggregation: { kind: "median" }, cohort });
    const strategy = createStrategy(plan, 1);
    const first = await afterRound(strategy, strategy.init(Float32Array.of(0)), updates);
    expect(first.params[0]).toBe(3);
    expect((await afterRound(strategy, first, updates, 1)).params[0]).toBe(7.5); // 3 + (0.5 · 3 + 3)
  });

  it("keeps the last aggregate for a rule that starts from it", async () => {
    const aggregation = { kind: "centred-clipping", tau: 1, iterations: 1 } as const;
    const strategy = createStrategy(strategyPlan({ kind: "fedavg" }, { aggregation, cohort }), 1);
    const first = await afterRound(strategy, strategy.init(Float32Array.of(0)), updates);
    const aggregate = first.vectors.get("aggregate")![0]!;
    expect(first.params[0]).toBe(Math.fround(aggregate));
    // One iteration moves by at most tau: the second round can only pass it by starting where the first ended.
    const second = await afterRound(strategy, first, updates, 1);
    expect(aggregate).toBeLessThanOrEqual(1);
    expect(second.vectors.get("aggregate")![0]).toBeGreaterThan(1);
  });

  it("keeps a running bound beside what its optimizer keeps", async () => {
    const bound = { quantile: 0.5, initial: 1, learningRate: 1 } as const;
    const aggregation = { kind: "median", before: [{ kind: "norm-bound", bound }] } as const;
    const strategy = createStrategy(strategyPlan({ kind: "fedavgm", momentum: 0.5 }, { aggregation, cohort }), 1);
    const first = await afterRound(strategy, strategy.init(Float32Array.of(0)), updates);
    expect(first.params[0]).toBe(1); // four of the five were longer
    const second = await afterRound(strategy, first, updates, 1);
    const running = first.vectors.get("before0Bound")![0]!;
    expect(running).toBeCloseTo(Math.exp(0.5 - 1 / 5), 12);
    expect(second.params[0]).toBeCloseTo(1 + (0.5 + running), 6);
    expect([...second.vectors.keys()].sort()).toEqual(["before0Bound", "velocity"]);
  });

  it("says what else a rule needs: root data, a seed or nothing", () => {
    const needs = (aggregation: StrategyPlan["aggregation"]) => {
      const { needsRoot, needsSeed } = createStrategy(strategyPlan({ kind: "fedavg" }, { aggregation, cohort }), 1);
      return { needsRoot, needsSeed };
    };
    expect(needs({ kind: "fltrust" })).toEqual({ needsRoot: true, needsSeed: undefined });
    expect(needs({ kind: "flame", noiseMultiplier: 0.1 })).toEqual({ needsRoot: undefined, needsSeed: true });
    expect(needs("mean")).toEqual({ needsRoot: undefined, needsSeed: undefined });
  });

  it("passes over the coordinates where it is told to", async () => {
    let passes = 0;
    const tiles: typeof inlineTiles = {
      run(call) {
        passes += 1;
        return inlineTiles.run(call);
      },
    };
    const plan = strategyPlan({ kind: "fedavg" }, { aggregation: { kind: "median" }, cohort });
    const strategy = createStrategy(plan, 1, { tiles });
    await afterRound(strategy, strategy.init(Float32Array.of(0)), updates);
    expect(passes).toBeGreaterThan(0);
  });

  it("counts the updates that close a round where a rule compares all pairs, not the clients asked", () => {
    const krum = (size: number) =>
      strategyPlan(
        { kind: "fedavg" },
        { aggregation: { kind: "krum", byzantine: 2 }, cohort: { size, overSelection: 1.3, quorum: 400 } },
      );
    expect(() => createStrategy(krum(1000), 1)).not.toThrow(); // of 1300 clients asked
    expect(() => createStrategy(krum(1001), 1)).toThrow("expected <= 1000 updates, got up to 1001");
  });

  it("refuses a client's second update where a rule looks at each", () => {
    const plan = strategyPlan({ kind: "fedavg" }, { aggregation: { kind: "median" }, cohort });
    const strategy = createStrategy(plan, 1);
    const fold = strategy.openRound(strategy.init(Float32Array.of(0)), 0);
    fold.add(updates[0]!);
    expect(() => fold.add(updates[0]!)).toThrow("two of 0");
    expect(() => fold.finish(NO_INPUTS)).toThrow(RangeError); // a median of one
  });

  it.each<StrategyPlan["strategy"]>([
    { kind: "fedavg" },
    { kind: "fedavgm", learningRate: 3, momentum: 0.5 },
    { kind: "fedadam", learningRate: 3 },
    { kind: "scaffold", population: 2, learningRate: 3 },
    { kind: "fednova" },
    { kind: "feddyn", alpha: 0.1, population: 2 },
    { kind: "qfedavg", q: 1 },
    { kind: "afl", learningRate: 0.1, population: 2 }, // lambda is the same for both at first
    { kind: "fedbuff", learningRate: 3, concurrency: 8 },
  ])("moves running statistics by the mean of the clients under %o", async (choice) => {
    const strategy = createStrategy(strategyPlan(choice), 4, { statistics: [{ offset: 1, length: 2 }] });
    const start = Float32Array.of(0, 1, 1, 0);
    const varianceTo = (clientId: string, variance: number, numSteps: number) =>
      contribution({
        clientId,
        delta: Float32Array.of(1, variance - 1, variance - 1, 1),
        base: start,
        parts: new Map([["control", new Float32Array(4)]]),
        metrics: { numSteps, startLoss: numSteps },
      });
    const updates = [varianceTo("a", 0.125, 1), varianceTo("b", 0.375, 9)];
    const { params } = await afterRound(strategy, strategy.init(start), updates);
    expect([...params.subarray(1, 3)]).toEqual([0.25, 0.25]);
    expect(params[0]).toBe(params[3]);
    // The params beside them take the strategy's step, which is the mean too under these.
    if (choice.kind !== "fedavg" && choice.kind !== "afl") expect(params[0]).not.toBe(1);
  });

  it.each<[string, StrategyPlan["strategy"], Partial<StrategyPlan>, string]>([
    [
      "a robust rule under a strategy that folds more than one delta",
      { kind: "scaffold", population: 9 },
      { aggregation: { kind: "median" }, cohort },
      'set "aggregation" to "mean"',
    ],
    [
      "a robust rule that the quorum does not bear",
      { kind: "fedavg" },
      { aggregation: { kind: "krum", byzantine: 2 }, cohort: { ...cohort, quorum: 2 } },
      "raise the quorum",
    ],
    [
      "FedSGD with several epochs",
      { kind: "fedsgd" },
      { local: { ...strategyPlan({ kind: "fedsgd" }).local, epochs: 2 } },
      '"local.epochs" 1',
    ],
    ["FedSGD in small batches", { kind: "fedsgd" }, {}, `"local.batchSize" ${LIMITS.maxBatchSize}`],
    ["a weight that its mean would refuse", { kind: "fedavg" }, { maxWeight: 2 ** 29 + 1 }, '"maxWeight" expected'],
    ["a total weight beyond exact numbers", { kind: "fedavg" }, { maxWeight: 2 ** 52 }, "expected"],
  ])("refuses %s", (_, strategy, overrides, message) => {
    expect(() => createStrategy(strategyPlan(strategy, overrides), 1)).toThrow(message);
  });
});

describe("a strategy that reads gradients off deltas", () => {
  const whole = { epochs: 1, batchSize: LIMITS.maxBatchSize };
  const sgd = { kind: "sgd", learningRate: 0.1 } as const;

  it.each<[string, Partial<StrategyPlan["local"]>, string]>([
    ["adam", { optimizer: { kind: "adam", learningRate: 0.1 } }, '"local.optimizer.kind" "sgd", got "adam"'],
    ["momentum", { optimizer: { ...sgd, momentum: 0.9 } }, '"local.optimizer.momentum" 0, got 0.9'],
    ["a schedule", { schedule: { kind: "cosine", steps: 9 } }, '"local.schedule" constant, got "cosine"'],
    ["a bound on gradients", { clip: { kind: "norm", bound: 1 } }, 'no "local.clip"'],
    ["a bound on each example's gradient", { perExampleClipNorm: 1 }, 'no "local.perExampleClipNorm"'],
  ])("refuses %s, whose steps are no learning rate times a gradient", (_, changes, message) => {
    const refusal = (kind: "fedsgd" | "qfedavg"): string => {
      const strategy = kind === "fedsgd" ? { kind } : { kind, q: 1 };
      try {
        createStrategy(strategyPlan(strategy, { local: { optimizer: sgd, ...whole, ...changes } }), 1);
        return "none";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal("qfedavg")).toContain(`qfedavg expected ${message}`);
    expect(refusal("fedsgd")).toContain(`fedsgd expected ${message}`);
  });

  it("takes plain SGD, whatever its objective adds to the loss", () => {
    const plain: Partial<StrategyPlan["local"]>[] = [
      {},
      { optimizer: { ...sgd, momentum: 0, weightDecay: 0.1 }, penalties: { l2: 0.1 } },
      { schedule: { kind: "constant" }, microBatchSize: 16 },
    ];
    for (const changes of plain) {
      const local = { optimizer: sgd, ...whole, ...changes };
      for (const strategy of [{ kind: "fedsgd" }, { kind: "qfedavg", q: 1 }] as const) {
        expect(() => createStrategy(strategyPlan(strategy, { local }), 1)).not.toThrow();
      }
    }
  });
});
