import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { normalDraws } from "../../../shared/nn/initializer.ts";
import type { RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";
import type { AttackScene } from "../../../simulations/attacks/attack.ts";
import { type AttackPlan, attackFromPlan, attackPlanSchema } from "../../../simulations/attacks/attackFromPlan.ts";
import { aggregateRows } from "../../support/aggregateRows.ts";
import { expectClose } from "../../support/expectClose.ts";

const X = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
].map((row) => Float32Array.from(row));

function attack(plan: AttackPlan, scene: Partial<AttackScene> = {}): readonly Float32Array[] {
  return attackFromPlan(plan)({ honest: X, numHostile: 1, previous: undefined, rng: createRng("attack"), ...scene });
}

const norm = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number => norm(Array.from(a, (value, i) => value - b[i]!));

describe("attackFromPlan", () => {
  it("IPM is -tau times the mean: ByzFL's vector for 2", () => {
    expect(attack({ kind: "ipm", tau: 2 })).toEqual([Float32Array.of(-8, -10, -12)]);
  });

  it("ALIE is the mean and z deviations: ByzFL's vector, whose deviation divides by n - 1", () => {
    // √(3/2) is between the deviation of three values that divides by 2 and ours, which divides by 3.
    expectClose(attack({ kind: "alie", z: 1.5 * Math.sqrt(3 / 2) })[0]!, [8.5, 9.5, 10.5], { tolerance: 1e-6 });
    expectClose(
      attack({ kind: "alie", z: 1 })[0]!,
      [4, 5, 6].map((mean) => mean + Math.sqrt(6)),
      { tolerance: 1e-6 },
    );
  });

  it("ALIE's own z is the quantile of its paper", () => {
    // 50 clients, 24 hostile: s = 26 - 24 = 2, (26 - 2) / 26 = 0.923, whose quantile is 1.426.
    const honest = Array.from({ length: 26 }, (_, i) => Float32Array.of(i % 2 ? 1 : -1)); // mean 0, deviation 1
    expect(attack({ kind: "alie" }, { honest, numHostile: 24 })[0]![0]).toBeCloseTo(1.4261, 4);
    expect(() => attack({ kind: "alie" }, { honest, numHostile: 27 })).toThrow("expected fewer hostile than honest");
  });

  it("flips signs, sends zeros, repeats an honest client or the previous aggregate", () => {
    expect(attack({ kind: "sign-flip", scale: 10 })).toEqual([Float32Array.of(-40, -50, -60)]);
    expect(attack({ kind: "zero" }, { numHostile: 2 })).toEqual([new Float32Array(3), new Float32Array(3)]);
    expect(attack({ kind: "mimic" })).toEqual([X[0]]);
    expect(attack({ kind: "echo" })).toEqual([new Float32Array(3)]);
    expect(attack({ kind: "echo" }, { previous: Float64Array.of(1, 2, 0.5) })).toEqual([Float32Array.of(1, 2, 0.5)]);
  });

  it("draws noise for each client, the same from the same seed", () => {
    const honest = [new Float32Array(10_000)];
    const [a, b] = attack({ kind: "gaussian", stdDev: 3 }, { honest, numHostile: 2 });
    expect(attack({ kind: "gaussian", stdDev: 3 }, { honest, numHostile: 2 })[0]).toEqual(a);
    expect(a).not.toEqual(b);
    // 10,000 draws from a fixed seed: relative deviation of the measured stdDev 1 / √20,000 = 0.7 %.
    expect(Math.abs(norm(a!) / 100 / 3 - 1)).toBeLessThan(0.03);
  });

  it.each([
    "mean",
    "deviation",
    "sign",
  ] as const)("hides as far away as honest updates allow, along the %s", (direction) => {
    const rng = createRng("hide");
    const honest = Array.from({ length: 8 }, () => Float32Array.from(normalDraws(6, rng), (draw, i) => draw + i));
    const pairs = honest.map((a) => honest.map((b) => apart(a, b)));
    const sumOfSquares = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
    const toHonest = (delta: Float32Array): number[] => honest.map((update) => apart(delta, update));

    const byMaximum = attack({ kind: "min-max", direction }, { honest })[0]!;
    expect(Math.max(...toHonest(byMaximum))).toBeCloseTo(Math.max(...pairs.flat()), 4);
    const bySum = attack({ kind: "min-sum", direction }, { honest })[0]!;
    expect(sumOfSquares(toHonest(bySum))).toBeCloseTo(Math.max(...pairs.map(sumOfSquares)), 3);
  });

  it("hides nowhere else when all honest updates are the same", () => {
    const honest = [Float32Array.of(2, -1), Float32Array.of(2, -1)];
    for (const kind of ["min-max", "min-sum"] as const) {
      expect(attack({ kind, direction: "deviation" }, { honest })).toEqual([honest[0]]);
      expect(attack({ kind, direction: "mean" }, { honest })).toEqual([honest[0]]);
    }
  });

  it("is read from a plan, whose mistakes are named", () => {
    expect(v.parse(attackPlanSchema, { kind: "min-max" })).toEqual({ kind: "min-max", direction: "mean" });
    expect(() => v.parse(attackPlanSchema, { kind: "min-mx" })).toThrow('did you mean "min-max"?');
    expect(() => v.parse(attackPlanSchema, { kind: "ipm" })).toThrow("is missing");
    expect(() => v.parse(attackPlanSchema, { kind: "ipm", tau: 0 })).toThrow(
      "expected a number in (0, 1000000], got 0",
    );
  });
});

describe("robust rules under attack", () => {
  // 20 honest updates around a common delta, deviation 1 in each of 40 coordinates, beside 5 hostile ones.
  const NUM_PARAMS = 40;
  const rng = createRng("robust rules under attack");
  const common = normalDraws(NUM_PARAMS, rng).map((draw) => 2 * draw);
  const honest = Array.from({ length: 20 }, () =>
    Float32Array.from(normalDraws(NUM_PARAMS, rng), (draw, i) => common[i]! + draw),
  );
  const honestMean = Float64Array.from(common, (_, i) => honest.reduce((sum, update) => sum + update[i]! / 20, 0));
  const context = { kept: new Map([["aggregate", honestMean]]), rootDelta: Float32Array.from(common) };

  const ATTACKS: readonly AttackPlan[] = [
    { kind: "sign-flip", scale: 1 },
    { kind: "sign-flip", scale: 10 },
    { kind: "gaussian", stdDev: 100 },
    { kind: "zero" },
    { kind: "ipm", tau: 0.1 },
    { kind: "ipm", tau: 10 },
    { kind: "alie" },
    { kind: "min-max", direction: "mean" },
    { kind: "min-max", direction: "deviation" },
    { kind: "min-sum", direction: "mean" },
    { kind: "mimic" },
    { kind: "echo" },
  ];
  const f = { byzantine: 5 };
  /** Each rule with the largest error that it may have under any of them. */
  const RULES: readonly (readonly [RobustPlan, number])[] = [
    [{ kind: "median" }, 0.5],
    [{ kind: "trimmed-mean", ...f }, 0.5],
    [{ kind: "krum", ...f }, 1.3], // a single update: alone it is 1 away
    [{ kind: "multi-krum", ...f }, 0.5],
    [{ kind: "bulyan", ...f }, 0.7],
    [{ kind: "geometric-median" }, 0.5],
    [{ kind: "centred-clipping", tau: 10, iterations: 3 }, 0.5],
    [{ kind: "norm-bound", bound: { quantile: 0.5 } }, 1],
    [{ kind: "arc", ...f }, 1],
    [{ kind: "fltrust" }, 0.5],
    [{ kind: "flame", noiseMultiplier: 0 }, 0.6],
    [
      {
        kind: "trimmed-mean",
        ...f,
        before: [
          { kind: "norm-bound", bound: { quantile: 0.5 } },
          { kind: "nnm", ...f },
        ],
      },
      0.5,
    ],
  ];

  /** Distance of the aggregate from the honest mean ÷ the length of one honest client's deviation. */
  function errorOf(rule: RobustPlan, plan: AttackPlan): number {
    const hostile = attackFromPlan(plan)({ honest, numHostile: 5, previous: honestMean, rng: createRng("hostile") });
    return apart(aggregateRows(rule, [...hostile, ...honest], context), honestMean) / Math.sqrt(NUM_PARAMS);
  }

  it.each(RULES)("%o stays within %d deviations of the honest mean", (rule, bound) => {
    for (const plan of ATTACKS) expect(errorOf(rule, plan), JSON.stringify(plan)).toBeLessThan(bound);
  });

  it("would be led far astray by the plain mean", () => {
    const mean = { kind: "norm-bound", bound: { norm: 1e9 } } as const; // a bound that none of them reaches
    const isLost = ATTACKS.filter((plan) => errorOf(mean, plan) > 4);
    expect(isLost).toEqual([
      { kind: "sign-flip", scale: 10 },
      { kind: "gaussian", stdDev: 100 },
      { kind: "ipm", tau: 10 },
    ]);
  });
});
