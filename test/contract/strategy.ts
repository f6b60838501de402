import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createStrategy, type StrategyOptions, type StrategyPlan } from "../../server/strategies/createStrategy.ts";
import { decodeServerState, encodeServerState } from "../../server/strategies/serverStateBytes.ts";
import type { Contribution, ServerState } from "../../server/strategies/strategy.ts";
import { createRng, shuffle } from "../../shared/base/rng.ts";
import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import { contribution, NO_INPUTS } from "../support/contribution.ts";
import { afterRound } from "../support/strategyPlan.ts";

const NUM_PARAMS = 5;

/** The exact bits of a state, -0 and 0 apart. */
const bytesOf = ({ params, vectors }: ServerState): number[] => [
  ...new Uint8Array(params.slice().buffer),
  ...encodeServerState(vectors),
];

const finiteVector = ({ params, vectors }: ServerState): boolean =>
  [params, ...vectors.values()].every((values) => values.every(Number.isFinite));

/** What every strategy promises, for a plan whose `maxAbsDelta` is at least 10. */
export function strategyContract(name: string, plan: StrategyPlan, options: StrategyOptions = {}): void {
  const create = () => createStrategy(plan, NUM_PARAMS, options);
  const { parts, metrics, handouts } = strategyNeeds(plan.strategy, NUM_PARAMS);
  const start = create().init(Float32Array.of(1, -2, 0.5, 0, 3));

  // Magnitudes from 2^-40 to the bound: sums cancel, and plain f64 addition would round differently in each order.
  const value = (bound: number) =>
    fc
      .tuple(fc.float({ min: Math.fround(-bound), max: Math.fround(bound), noNaN: true }), fc.nat(40))
      .map(([value, shift]) => value * 2 ** -shift);
  const vector = (length: number, bound: number) =>
    fc.array(value(bound), { minLength: length, maxLength: length }).map((values) => Float32Array.from(values));
  const figure = (metric: string) =>
    metric === "numSteps" ? fc.integer({ min: 1, max: 100 }) : fc.double({ min: 0, max: 20, noNaN: true });
  // Clients that are equally far behind began at the same params.
  const bases = fc.sample(vector(NUM_PARAMS, 10), { numRuns: plan.maxStaleness + 1, seed: 8 });
  const carried = fc.record({
    clientId: fc.uuid(),
    weight: fc.integer({ min: 1, max: 100 }),
    staleness: fc.nat(plan.maxStaleness),
    delta: vector(NUM_PARAMS, 10),
    parts: fc
      .tuple(
        ...parts.map(({ numElements, maxAbs, isIndex }) =>
          isIndex
            ? fc
                .array(fc.nat(maxAbs), { minLength: numElements, maxLength: numElements })
                .map((i) => Float32Array.from(i))
            : vector(numElements, Math.min(maxAbs, 10)),
        ),
      )
      .map((values) => new Map(values.map((part, i) => [parts[i]!.name, part]))),
    metrics: fc
      .tuple(...metrics.map(figure))
      .map((values) => Object.fromEntries(values.map((v, i) => [metrics[i]!, v]))),
  });
  const update = carried.map((fields) => ({ ...fields, base: bases[fields.staleness]! }));
  const cohort = fc.uniqueArray(update, {
    minLength: 1,
    maxLength: plan.cohort.size,
    selector: ({ clientId }) => clientId,
  });
  /** Of a run that has gone through one round, so that no vector is as it began. */
  const stateAfter = (first: readonly Contribution[]) => afterRound(create(), start, first);
  const [firstRound, someUpdate] = fc.sample(fc.tuple(cohort, update), { numRuns: 1, seed: 7 })[0]!;

  describe(name, () => {
    it("gives the same bits for every order of arrival", async () => {
      await fc.assert(
        fc.asyncProperty(cohort, cohort, fc.integer(), async (first, updates, seed) => {
          const state = await stateAfter(first);
          const places = [...updates.keys()];
          shuffle(places, createRng(seed));
          const shuffled = places.map((place) => updates[place]!);
          const one = await afterRound(create(), state, updates, 1);
          expect(bytesOf(await afterRound(create(), state, shuffled, 1))).toEqual(bytesOf(one));
        }),
        { seed: 1 },
      );
    });

    it.skipIf(plan.cohort.size < 3)("sums values that cancel alike in every order", async () => {
      // In f64 (10 + 2^-52) - 10 = 0 but (10 - 10) + 2^-52 = 2^-52, and params of 0 hide neither.
      const zero = create().init(new Float32Array(NUM_PARAMS));
      const cancelling = (d: number, i: number): Contribution => ({
        ...someUpdate,
        clientId: plan.aggregation === "mean" ? "one edge" : `client ${i}`,
        delta: new Float32Array(NUM_PARAMS).fill(d),
        parts: new Map([...someUpdate.parts].map(([part, values]) => [part, new Float32Array(values.length)])),
      });
      const [large, small, opposite] = [cancelling(10, 0), cancelling(2 ** -52, 1), cancelling(-10, 2)] as const;
      expect(bytesOf(await afterRound(create(), zero, [large, opposite, small]))).toEqual(
        bytesOf(await afterRound(create(), zero, [large, small, opposite])),
      );
    });

    it("computes a round again from a stored state with the same bits, and leaves the state as it was", async () => {
      await fc.assert(
        fc.asyncProperty(cohort, cohort, async (first, updates) => {
          const state = await stateAfter(first);
          const before = bytesOf(state);
          const stored = { params: state.params.slice(), vectors: decodeServerState(encodeServerState(state.vectors)) };
          const one = await afterRound(create(), state, updates, 1);
          expect(bytesOf(await afterRound(create(), stored, updates, 1))).toEqual(bytesOf(one));
          expect(bytesOf(state)).toEqual(before);
        }),
        { seed: 2, numRuns: 30 },
      );
    });

    it("keeps every value finite", async () => {
      await fc.assert(
        fc.asyncProperty(cohort, cohort, async (first, updates) => {
          expect(finiteVector(await afterRound(create(), await stateAfter(first), updates, 1))).toBe(true);
        }),
        { seed: 3, numRuns: 30 },
      );
    });

    it("leaves the params where the only client did not move", async () => {
      const still = { ...someUpdate, delta: new Float32Array(NUM_PARAMS), base: start.params };
      const { params } = await afterRound(create(), start, [still]);
      expect(params).toEqual(start.params);
    });

    it("leaves what a client sent as it was", () => {
      const fold = create().openRound(start, 0);
      const sent = { ...someUpdate, delta: someUpdate.delta.slice(), base: someUpdate.base.slice() };
      fold.add(sent);
      expect(sent).toEqual(someUpdate);
    });

    it("hands out params and what its plan needs, in the form of the params", () => {
      const given = create().handouts(start, "a client");
      expect([...given.keys()]).toEqual(["params", ...handouts]);
      for (const values of given.values()) {
        expect(values).toBeInstanceOf(Float32Array);
        expect(values).toHaveLength(NUM_PARAMS);
      }
      expect(given.get("params")).toEqual(start.params);
    });

    it("counts updates and examples", () => {
      const fold = create().openRound(start, 0);
      for (const one of firstRound) fold.add(one);
      expect(fold.numUpdates).toBe(firstRound.length);
      expect(fold.totalWeight).toBe(firstRound.reduce((sum, { weight }) => sum + weight, 0));
    });

    it("has no state to give before the first update", () => {
      expect(() => create().openRound(start, 0).finish(NO_INPUTS)).toThrow(RangeError);
    });

    it("takes no more updates than the plan selects clients", () => {
      const fold = create().openRound(start, 0);
      const heavy = { ...someUpdate, weight: plan.maxWeight };
      for (let i = 0; i < plan.cohort.size; i++) fold.add({ ...heavy, clientId: `client ${i}` });
      expect(() => fold.add({ ...heavy, clientId: "one more" })).toThrow(RangeError);
      expect(fold.numUpdates).toBe(plan.cohort.size);
    });

    const withDelta = (...delta: number[]) => ({ delta: Float32Array.from(delta) });
    const withPart = (part: string, ...values: number[]) => ({
      parts: new Map([...someUpdate.parts, [part, Float32Array.from(values)]]),
    });
    const without = (part: string) => ({ parts: new Map([...someUpdate.parts].filter(([name]) => name !== part)) });
    it.each<[string, Partial<Contribution>]>([
      ["NaN", withDelta(0, 0, 0, 0, Number.NaN)],
      ["infinity", withDelta(0, 0, 0, 0, Number.NEGATIVE_INFINITY)],
      ["a value beyond the bound", withDelta(0, 0, 0, 0, plan.maxAbsDelta * 1.001)],
      ["too few values", withDelta(1, 1, 1, 1)],
      ["too many values", withDelta(1, 1, 1, 1, 1, 1)],
      ["weight 0", { weight: 0 }],
      ["a negative weight", { weight: -1 }],
      ["a fractional weight", { weight: 1.5 }],
      ["a weight beyond the plan's", { weight: plan.maxWeight * plan.cohort.size + 1 }],
      ...parts.flatMap(({ name: part, numElements, maxAbs, isIndex }): [string, Partial<Contribution>][] => [
        [`no part "${part}"`, without(part)],
        [`a part "${part}" that is too long`, withPart(part, ...new Array(numElements + 1).fill(0))],
        [`a part "${part}" with NaN`, withPart(part, ...new Array(numElements).fill(Number.NaN))],
        [`a part "${part}" beyond its bound`, withPart(part, ...new Array(numElements).fill(maxAbs * 1.001))],
        ...(isIndex
          ? ([
              [`a fractional "${part}"`, withPart(part, ...new Array(numElements).fill(0.5))],
              [`a negative "${part}"`, withPart(part, ...new Array(numElements).fill(-1))],
            ] as [string, Partial<Contribution>][])
          : []),
      ]),
      ...metrics.flatMap((metric): [string, Partial<Contribution>][] => [
        [`no metric "${metric}"`, { metrics: {} }],
        [`a negative "${metric}"`, { metrics: { [metric]: -1 } }],
        [`"${metric}" NaN`, { metrics: { [metric]: Number.NaN } }],
      ]),
    ])("refuses %s and stays as it was", async (_, hostile) => {
      const honest = contribution({ ...someUpdate, clientId: "honest" });
      const fold = create().openRound(start, 0);
      // A round that takes one update meets the hostile one first.
      if (plan.cohort.size > 1) fold.add(honest);
      const { numUpdates, totalWeight } = fold;
      expect(() => fold.add({ ...someUpdate, ...hostile, clientId: "hostile" })).toThrow(/expected/);
      expect([fold.numUpdates, fold.totalWeight]).toEqual([numUpdates, totalWeight]);
      if (plan.cohort.size === 1) fold.add(honest);
      expect(bytesOf(await fold.finish(NO_INPUTS))).toEqual(bytesOf(await afterRound(create(), start, [honest])));
    });
  });
}
