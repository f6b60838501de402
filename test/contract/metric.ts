import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createRng, shuffle } from "../../shared/base/rng.ts";
import type { Metric, MetricBatch, MetricState } from "../../shared/nn/metrics/metric.ts";
import { errorCodeOf } from "../support/errorCodeOf.ts";

export interface MetricContract {
  readonly metric: Metric;
  readonly outputSize: number;
  /** What the targets of a row look like: a label, or as many values as outputs. */
  readonly task: { readonly kind: "labels"; readonly numClasses: number } | { readonly kind: "values" };
}

interface Row {
  readonly outputs: readonly number[];
  readonly targets: readonly number[];
}

const SEED = 20;

/** What every metric promises. All comparisons are of bits: nothing here has a tolerance. */
export function metricContract({ metric, outputSize, task }: MetricContract): void {
  // Up to 64 with all 24 bits of f32, times 1 .. 2^-30: plain f64 sums of them would round differently in each order.
  // From integers, because a failing case made of floats takes minutes to shrink.
  const value = fc
    .tuple(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }), fc.integer({ min: 18, max: 48 }))
    .map(([whole, shift]) => whole * 2 ** -shift);
  const values = fc.array(value, { minLength: outputSize, maxLength: outputSize });
  const label = task.kind === "labels" ? fc.integer({ min: 0, max: task.numClasses - 1 }) : undefined;
  const row: fc.Arbitrary<Row> = fc.record({
    outputs: values,
    targets: label ? label.map((one) => [one]) : values,
  });
  // Every class occurs at least once: an AUC needs that.
  const firstRows = Array.from({ length: task.kind === "labels" ? task.numClasses : 2 }, (_, i) => ({
    outputs: Array(outputSize).fill(i / 8),
    targets: label ? [i] : Array(outputSize).fill(i),
  }));
  const rows = fc.array(row, { minLength: 1, maxLength: 40 }).map((more): readonly Row[] => [...firstRows, ...more]);

  const batchOf = (some: readonly Row[]): MetricBatch => ({
    numRows: some.length,
    outputs: Float32Array.from(some.flatMap(({ outputs }) => outputs)),
    targets: (label ? Int32Array : Float32Array).from(some.flatMap(({ targets }) => targets)),
  });
  const stateOf = (some: readonly Row[]): MetricState => metric.update(metric.init(), batchOf(some));
  const changed = (outputs: number, targets: number): MetricBatch => {
    const batch = batchOf(firstRows);
    batch.outputs[0] = outputs;
    batch.targets[0] = targets;
    return batch;
  };

  describe(`${metric.name}, seed ${SEED}`, () => {
    it("is the same for any split of the rows into clients and batches, merged in any order", () => {
      fc.assert(
        fc.property(rows, fc.integer({ min: 1, max: 6 }), fc.integer(), (all, numClients, seed) => {
          const rng = createRng(seed);
          const clients: Row[][] = Array.from({ length: numClients }, () => []);
          for (const one of all) clients[rng.nextBelow(numClients)]!.push(one);
          const states = clients.map((own) => {
            const middle = rng.nextBelow(own.length + 1);
            return metric.update(stateOf(own.slice(0, middle)), batchOf(own.slice(middle)));
          });
          while (states.length > 1) {
            const [a] = states.splice(rng.nextBelow(states.length), 1);
            const [b] = states.splice(rng.nextBelow(states.length), 1);
            states.push(metric.merge(a!, b!));
          }
          const pooled = stateOf(all);
          expect(states[0]).toEqual(pooled);
          expect(metric.finish(states[0]!)).toEqual(metric.finish(pooled));
        }),
        { seed: SEED },
      );
    });

    it("does not depend on the order of the rows", () => {
      fc.assert(
        fc.property(rows, fc.integer(), (all, seed) => {
          const places = [...all.keys()];
          shuffle(places, createRng(seed));
          expect(stateOf(places.map((place) => all[place]!))).toEqual(stateOf(all));
        }),
        { seed: SEED },
      );
    });

    it("travels as JSON and comes back the same", () => {
      fc.assert(
        fc.property(rows, (all) => {
          const state = stateOf(all);
          expect(metric.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
        }),
        { seed: SEED },
      );
    });

    it("takes no rows for no change, and leaves states as they were", () => {
      const state = stateOf(firstRows);
      const before = structuredClone(state);
      expect(metric.update(state, batchOf([]))).toEqual(before);
      expect(metric.merge(state, metric.init())).toEqual(before);
      expect(metric.update(state, batchOf(firstRows))).toEqual(metric.merge(state, state));
      expect(state).toEqual(before);
    });

    it("has no value before the first row", () => {
      expect(() => metric.finish(metric.init())).toThrow(`"${metric.name}" expected at least one row, got none`);
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])("refuses an output that is %s", (bad) => {
      expect(() => metric.update(metric.init(), changed(bad, 0))).toThrow(RangeError);
    });

    it.each(
      task.kind === "labels" ? [-1, task.numClasses] : [Number.NaN, Number.NEGATIVE_INFINITY],
    )("refuses %s as a target", (bad) => {
      expect(() => metric.update(metric.init(), changed(0, bad))).toThrow(RangeError);
    });

    it("refuses sizes that do not fit", () => {
      const { numRows, outputs, targets } = batchOf(firstRows);
      for (const batch of [
        { numRows, outputs: outputs.subarray(1), targets },
        { numRows, outputs: new Float32Array(0), targets },
        { numRows, outputs, targets: targets.subarray(1) },
        { numRows: 0, outputs, targets: targets.subarray(0, 0) },
      ]) {
        expect(() => metric.update(metric.init(), batch)).toThrow(`"${metric.name}" expected`);
      }
      expect(() => metric.update(metric.init(), { numRows: 0.5, outputs, targets })).toThrow(TypeError);
    });

    it("refuses the state of another metric", () => {
      const { numRows, counts, sums } = metric.init();
      const foreign = { numRows, counts: [...counts, 0], sums };
      expect(() => metric.merge(metric.init(), foreign)).toThrow(`"${metric.name}" expected a state of`);
      expect(() => metric.finish(foreign)).toThrow(RangeError);
      expect(() => metric.merge(metric.init(), { numRows, counts, sums: [...sums, []] })).toThrow(RangeError);
    });

    it("refuses a message that is no state of it", () => {
      const state = stateOf(firstRows);
      const { numRows, counts, sums } = state;
      const refused = (value: unknown) => errorCodeOf(() => metric.parse(value));
      const firstOf = <T>(list: readonly unknown[], bad: T) => list.map((one, i) => (i === 0 ? bad : one));
      for (const bad of [null, 1, [], {}, { ...state, more: 1 }, { numRows, counts }, { ...state, counts: {} }]) {
        expect(refused(bad)).toBe("MALFORMED");
      }
      for (const bad of [-1, 0.5, Number.NaN, "1", 2 ** 53]) {
        expect(refused({ ...state, numRows: bad })).toBe("MALFORMED");
        if (counts.length > 0) expect(refused({ ...state, counts: firstOf(counts, bad) })).toBe("MALFORMED");
      }
      for (const bad of [1, [Number.NaN], ["1"], [2 ** 401], [Number.POSITIVE_INFINITY], Array(42).fill(0)]) {
        if (sums.length > 0) expect(refused({ ...state, sums: firstOf(sums, bad) })).toBe("MALFORMED");
      }
      expect(refused({ ...state, counts: [...counts, 0] })).toBe("SHAPE_MISMATCH");
      expect(() => metric.parse({ ...state, sums: [...sums, []] })).toThrow(ProtocolError);
    });
  });
}
