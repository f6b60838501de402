import { describe, expect, it } from "vitest";
import { createStrategy } from "../../../server/strategies/createStrategy.ts";
import { contribution } from "../../support/contribution.ts";
import { afterRound, strategyOf, strategyPlan } from "../../support/strategyPlan.ts";

const update = (clientId: string, delta: number, startLoss: number, weight = 1) =>
  contribution({ clientId, weight, delta: Float32Array.of(delta), metrics: { startLoss } });

async function step(q: number, updates: ReturnType<typeof update>[]): Promise<number> {
  const strategy = strategyOf({ kind: "qfedavg", q }, 1);
  return (await afterRound(strategy, strategy.init(Float32Array.of(0)), updates)).params[0]!;
}

describe("qFedAvg", () => {
  it("weighs by the loss and by the curvature of its power", async () => {
    // L = 1 / 0.1 = 10, so that ‖Δ‖² = 100 for both. q = 1: h = 1·100 + 10·1 = 110 and 1·100 + 10·3 = 130.
    // x = 0 + (1·10·1 - 3·10·1) / 240
    expect(await step(1, [update("a", 1, 1), update("b", -1, 3)])).toBeCloseTo(-1 / 12, 7);
    // q = 2: h = 2·1·100 + 10·1 = 210 and 2·3·100 + 10·9 = 690; x = (1·10 - 9·10) / 900
    expect(await step(2, [update("a", 1, 1), update("b", -1, 3)])).toBeCloseTo(-80 / 900, 7);
  });

  it.each([
    // L = 10: ‖Δ‖² = 100 · (3² + 4²) = 2500 and 100 · 2² = 400; Σ F^q · L · delta over Σ h.
    [1, [30 / 2940, -20 / 2940]], // h = 2500 + 10·1 and 400 + 10·3; 1·10·(3, 4) + 3·10·(0, -2)
    [2, [30 / 7500, -140 / 7500]], // h = 2·1·2500 + 10·1 and 2·3·400 + 10·9; 1·10·(3, 4) + 9·10·(0, -2)
  ] as const)("takes the squared length of a whole delta, with q = %d", async (q, expected) => {
    const strategy = strategyOf({ kind: "qfedavg", q }, 2);
    const { params } = await afterRound(strategy, strategy.init(new Float32Array(2)), [
      contribution({ clientId: "a", delta: Float32Array.of(3, 4), metrics: { startLoss: 1 } }),
      contribution({ clientId: "b", delta: Float32Array.of(0, -2), metrics: { startLoss: 3 } }),
    ]);
    for (const [i, value] of expected.entries()) expect(params[i]).toBeCloseTo(value, 8);
  });

  it("is the mean in which clients count alike with q = 0, whatever their loss and examples", async () => {
    const updates = [update("a", 1, 0, 1), update("b", 3, 50, 900), update("c", -1, 2, 7)];
    expect(await step(0, updates)).toBe(1);
    const fedAvg = strategyOf({ kind: "fedavg" }, 1);
    const alike = updates.map((one) => ({ ...one, weight: 1 }));
    expect((await afterRound(fedAvg, fedAvg.init(Float32Array.of(0)), alike)).params[0]).toBe(1);
  });

  it("leans towards the client with the higher loss the more the larger q is", async () => {
    const towardsWorse = async (q: number) => {
      // Small deltas, so that the curvature of the power is small beside L · F^q.
      const [better, worse] = [update("a", -1e-3, 1), update("b", 1e-3, 2)];
      return (await step(q, [better, worse])) / 1e-3;
    };
    expect(await towardsWorse(0)).toBeCloseTo(0, 6);
    // (2 - 1) / (2 + 1) without the curvature
    expect(await towardsWorse(1)).toBeCloseTo(1 / 3, 2);
    expect(await towardsWorse(4)).toBeGreaterThan(0.8);
  });

  it("counts no running statistics in the norm, which would hold back all other params", async () => {
    const options = { statistics: [{ offset: 1, length: 128 }] };
    const strategy = createStrategy(strategyPlan({ kind: "qfedavg", q: 1 }), 129, options);
    const withVariances = (clientId: string, delta: number, variance: number, startLoss: number) =>
      contribution({
        clientId,
        delta: Float32Array.of(delta, ...new Array(128).fill(variance - 1)),
        metrics: { startLoss },
      });
    const start = strategy.init(Float32Array.of(0, ...new Array(128).fill(1)));
    const roundWith = (...startLosses: [number, number]) =>
      afterRound(strategy, start, [
        withVariances("a", 1, 5, startLosses[0]),
        withVariances("b", -1, 4, startLosses[1]),
      ]);
    const { params } = await roundWith(1, 3);
    expect(params[0]).toBeCloseTo(-1 / 12, 7); // as with the one param alone, above
    expect([...params.subarray(1)]).toEqual(new Array(128).fill(4.5)); // every client alike, whatever its loss
    expect((await roundWith(0, 0)).params[1]).toBe(4.5);
  });

  it("leaves the params where no client has a loss", async () => {
    expect(await step(100, [update("a", 1, 0)])).toBe(0);
  });

  it("refuses a loss whose power is no number to sum", () => {
    const strategy = strategyOf({ kind: "qfedavg", q: 100 }, 1);
    const fold = strategy.openRound(strategy.init(Float32Array.of(0)), 0);
    expect(() => fold.add(update("a", 1, 1000))).toThrow('lower "q"');
    expect(fold.numUpdates).toBe(0);
  });
});
