import { describe, expect, it } from "vitest";
import { weightedMean } from "../../../server/strategies/aggregators/weightedMean.ts";
import { fedOpt } from "../../../server/strategies/fedOpt.ts";
import { sgd } from "../../../server/strategies/optimizers/sgd.ts";
import type { ServerState } from "../../../server/strategies/strategy.ts";
import type { Attack } from "../../../simulations/attacks/attack.ts";
import { attackedStrategy } from "../../../simulations/attacks/attackedStrategy.ts";
import { type AttackPlan, attackFromPlan } from "../../../simulations/attacks/attackFromPlan.ts";
import { chooseHostile } from "../../../simulations/attacks/underAttack.ts";
import { runTiny } from "../support/tinyExperiment.ts";

const fedAvg = fedOpt(
  () => weightedMean({ numParams: 1, maxAbsDelta: 8, maxTotalWeight: 100 }),
  sgd({ learningRate: 1 }),
);
const under = (attack: AttackPlan | Attack, hostile: readonly string[]) =>
  attackedStrategy(fedAvg, {
    attack: typeof attack === "function" ? attack : attackFromPlan(attack),
    hostile: new Set(hostile),
    maxAbsDelta: 8,
    seed: 1,
  });

/** One round of clients "0", "1", ... with these deltas, in an order. */
function round(
  strategy: ReturnType<typeof under>,
  state: ServerState,
  deltas: readonly number[],
  order = [...deltas.keys()],
): ServerState {
  const fold = strategy.openRound(state, 0);
  const buffer = new Float32Array(1);
  for (const client of order) {
    const delta = buffer.fill(deltas[client]!); // used again, as the simulator's buffers are
    fold.add({ clientId: String(client), delta, weight: 1, staleness: 0, parts: new Map(), metrics: {} });
  }
  expect([fold.numUpdates, fold.totalWeight]).toEqual([deltas.length, deltas.length]);
  return fold.finish({ seed: "s" }) as ServerState;
}

const START: ServerState = { params: Float32Array.of(0), vectors: new Map() };

describe("attackedStrategy", () => {
  it("puts hostile deltas, made of the honest ones, in the place of trained ones", () => {
    // Honest: 1 and 3, mean 2; the two hostile ones send -2 each: (1 + 3 - 2 - 2) / 4.
    const strategy = under({ kind: "ipm", tau: 1 }, ["1", "3"]);
    expect(round(strategy, START, [1, 5, 3, 5]).params).toEqual(Float32Array.of(0));
  });

  it("does not depend on who arrives first", () => {
    const mimic = under({ kind: "mimic" }, ["1"]);
    expect(round(mimic, START, [1, 5, 7], [2, 1, 0]).params).toEqual(round(mimic, START, [1, 5, 7]).params);
  });

  it("stays within the bound beyond which updates are refused", () => {
    // Honest 4 and hostile -400, cut to -8: (4 - 8) / 2.
    expect(round(under({ kind: "ipm", tau: 100 }, ["1"]), START, [4, 0]).params).toEqual(Float32Array.of(-2));
  });

  it("knows the last step of the global params, also after an attempt that was given up", () => {
    const strategy = under({ kind: "echo" }, ["1"]);
    const first = round(strategy, START, [4, 9]);
    expect(first.params).toEqual(Float32Array.of(2)); // nothing to echo: (4 + 0) / 2
    strategy.openRound(first, 1);
    expect(round(strategy, first, [4, 9]).params).toEqual(Float32Array.of(5)); // 2 + (4 + 2) / 2
  });

  it("shows attackers their own training when nobody is honest", () => {
    const seen: number[][] = [];
    const strategy = under(
      ({ honest, numHostile }) => {
        seen.push(honest.map((delta) => delta[0]!));
        return new Array<Float32Array>(numHostile).fill(Float32Array.of(1));
      },
      ["0", "1"],
    );
    expect(round(strategy, START, [3, 5]).params).toEqual(Float32Array.of(1));
    expect(seen).toEqual([[3, 5]]);
  });
});

describe("chooseHostile", () => {
  it("draws a fraction of the clients from the seed", () => {
    const hostile = chooseHostile(50, 0.2, 1);
    expect(hostile.size).toBe(10);
    expect([...hostile].every((id) => Number(id) >= 0 && Number(id) < 50)).toBe(true);
    expect(chooseHostile(50, 0.2, 1)).toEqual(hostile);
    expect(chooseHostile(50, 0.2, 2)).not.toEqual(hostile);
    expect(chooseHostile(50, 0, 1).size).toBe(0);
  });
});

describe("a simulation under attack", () => {
  const attack = { fraction: 0.25, sends: { kind: "ipm", tau: 5 } };
  const everyone = { cohort: { size: 12 } };

  it("loses the mean and keeps the median, the same on threads", async () => {
    const [peace, mean, median, threads] = [
      await runTiny(everyone),
      await runTiny({ ...everyone, attack }),
      await runTiny({ ...everyone, attack, aggregation: { kind: "median" } }),
      await runTiny({ ...everyone, attack, aggregation: { kind: "median" } }, { workers: 2 }),
    ];
    const lossOf = ({ summary }: Awaited<ReturnType<typeof runTiny>>): number => summary.testLoss as number;
    // -5 times the mean from 3 of 12 clients takes all: 9/12 - 3 · 5/12 < 0 of a step.
    expect(lossOf(mean)).toBeGreaterThan(Math.log(3));
    expect(lossOf(median)).toBeLessThan(lossOf(peace) + 0.25);
    expect(threads.summary.paramsHash).toBe(median.summary.paramsHash);
  });
});
