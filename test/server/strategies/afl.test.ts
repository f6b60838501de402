import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { simplexThreshold } from "../../../server/strategies/simplex.ts";
import type { ServerState } from "../../../server/strategies/strategy.ts";
import { contribution } from "../../support/contribution.ts";
import { localDelta } from "../../support/quadratic.ts";
import { afterRound, strategyOf } from "../../support/strategyPlan.ts";

const update = (clientId: string, delta: number, startLoss: number, weight = 1) =>
  contribution({ clientId, weight, delta: Float32Array.of(delta), metrics: { startLoss } });
const start = Float32Array.of(0);
const lambdasOf = ({ vectors }: ServerState): number[] => [...vectors.get("lambda")!].sort((a, b) => a - b);

describe("afl", () => {
  it("moves lambda towards the higher loss and weighs the next round by it", async () => {
    const strategy = strategyOf({ kind: "afl", learningRate: 0.1, population: 2 }, 1);
    const first = await afterRound(strategy, strategy.init(start), [update("a", 1, 1), update("b", -1, 3, 500)]);
    expect(first.params[0]).toBe(0); // half of each, whatever the weights
    // (0.5 + 0.1·1, 0.5 + 0.1·3) = (0.6, 0.8), less 0.2 each
    expect(lambdasOf(first)[0]).toBeCloseTo(0.4, 12);
    expect(lambdasOf(first)[1]).toBeCloseTo(0.6, 12);
    const second = await afterRound(strategy, first, [update("a", 1, 0), update("b", -1, 0)], 1);
    expect(second.params[0]).toBeCloseTo(-0.2, 6); // 0.4 - 0.6
  });

  it("keeps one lambda for all clients that it has not seen", async () => {
    const strategy = strategyOf({ kind: "afl", learningRate: 0.1, population: 4 }, 1);
    const { vectors } = await afterRound(strategy, strategy.init(start), [update("a", 1, 2)]);
    // (0.25 + 0.2, three times 0.25) sums to 1.2: less 0.05 each
    expect(vectors.get("lambda")![0]).toBeCloseTo(0.4, 12);
    expect(vectors.get("rest")![0]).toBeCloseTo(0.2, 12);
  });

  it("leaves the params in a round of clients without weight, and finite for any loss", async () => {
    const strategy = strategyOf({ kind: "afl", learningRate: 1000, population: 3 }, 1);
    const first = await afterRound(strategy, strategy.init(start), [update("a", 1, Number.MAX_VALUE)]);
    expect([lambdasOf(first), first.vectors.get("rest")![0]]).toEqual([[1], 0]);
    const second = await afterRound(strategy, first, [update("b", 5, 0)], 1);
    expect(second.params).toEqual(first.params);
  });

  it("refuses a client beyond the population", () => {
    const strategy = strategyOf({ kind: "afl", learningRate: 0.1, population: 2 }, 1);
    const fold = strategy.openRound(strategy.init(start), 0);
    fold.add(update("a", 1, 1));
    fold.add(update("b", 1, 1));
    expect(() => fold.add(update("c", 1, 1))).toThrow('raise "population"');
    expect(fold.numUpdates).toBe(2);
  });

  it("lowers the worst client's loss where FedAvg serves the one with most examples", async () => {
    // f_k(x) = (x - e_k)² / 2, e = (0, 1), with 90 and 10 examples: FedAvg ends at 0.1, the fairest point is 0.5.
    const end = async (kind: "fedavg" | "afl") => {
      const strategy = strategyOf(kind === "afl" ? { kind, learningRate: 0.1, population: 2 } : { kind }, 1);
      let state = strategy.init(start);
      for (let round = 0; round < 400; round++) {
        const x = state.params[0]!;
        const updates = [90, 10].map((weight, e) =>
          update(
            `${e}`,
            localDelta((y) => y - e, x, { learningRate: 0.1, steps: 1 }),
            (x - e) ** 2 / 2,
            weight,
          ),
        );
        state = await afterRound(strategy, state, updates, round);
      }
      return state.params[0]!;
    };
    expect(await end("fedavg")).toBeCloseTo(0.1, 4);
    expect(await end("afl")).toBeCloseTo(0.5, 2);
  });
});

describe("simplexThreshold", () => {
  it("puts the point onto the simplex, nearest by the conditions of optimality, blocks or one by one", () => {
    const block = fc.record({
      value: fc.double({ min: -5, max: 5, noNaN: true }),
      count: fc.integer({ min: 1, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 6 }), (blocks) => {
        const theta = simplexThreshold(blocks);
        const all = blocks.flatMap(({ value, count }) => new Array<number>(count).fill(value));
        const projected = all.map((value) => Math.max(0, value - theta));
        // A threshold whose result sums to 1 is the projection: it is unique.
        expect(projected.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
        expect(simplexThreshold(all.map((value) => ({ value, count: 1 })))).toBeCloseTo(theta, 9);
        expect(simplexThreshold([...blocks].reverse())).toBeCloseTo(theta, 12);
      }),
      { seed: 1 },
    );
  });

  it("leaves a point of the simplex and ignores blocks of none", () => {
    expect(
      simplexThreshold([
        { value: 0.25, count: 4 },
        { value: 9, count: 0 },
      ]),
    ).toBe(0);
  });
});
