import { assertInteger } from "../../base/assert.ts";
import { addExactly, exactAccumulator } from "./exactSum.ts";
import type { Metric, MetricBatch, MetricState, MetricValue } from "./metric.ts";
import { parseMetricState } from "./parseMetricState.ts";

/** Where the rows of a batch are added up. */
export interface Tally {
  /** Adds to a count, 1 unless said otherwise. */
  count(index: number, by?: number): void;
  /** Adds to an exact sum. */
  sum(index: number, value: number): void;
}

export interface MetricDefinition<Value extends MetricValue> {
  readonly name: string;
  readonly numCounts: number;
  readonly numSums: number;
  /** Adds the rows of a batch. Returns how many rows it counted. May throw anywhere: what was added is then dropped. */
  add(batch: MetricBatch, tally: Tally): number;
  /** Called with at least one row. */
  finish(state: MetricState): Value;
}

/** A metric from what a row adds to its counts and sums, and from the formula over them. */
export function defineMetric<Value extends MetricValue>(definition: MetricDefinition<Value>): Metric<Value> {
  const { name, numCounts, numSums } = definition;
  const check = (state: MetricState): void => {
    if (state.counts.length === numCounts && state.sums.length === numSums) return;
    throw new RangeError(
      `"${name}" expected a state of ${numCounts} counts and ${numSums} sums, ` +
        `got ${state.counts.length} and ${state.sums.length}; do the options of the metric differ?`,
    );
  };
  return {
    name,
    init: () => ({ numRows: 0, counts: Array(numCounts).fill(0), sums: Array.from({ length: numSums }, () => []) }),
    update(state, batch) {
      check(state);
      assertInteger(`${name} numRows`, batch.numRows, 0);
      const counts = [...state.counts];
      const sums = state.sums.map(exactAccumulator);
      const numCounted = definition.add(batch, {
        count(index, by = 1) {
          counts[index]! += by;
        },
        sum: (index, value) => sums[index]!.add(value),
      });
      return { numRows: state.numRows + numCounted, counts, sums: sums.map((sum) => sum.sum()) };
    },
    merge(a, b) {
      check(a);
      check(b);
      const numRows = a.numRows + b.numRows;
      const counts = a.counts.map((count, i) => count + b.counts[i]!);
      for (const count of [numRows, ...counts]) assertInteger(`${name} merged count`, count, 0);
      return { numRows, counts, sums: a.sums.map((sum, i) => addExactly(sum, b.sums[i]!)) };
    },
    finish(state) {
      check(state);
      if (state.numRows === 0) throw new RangeError(`"${name}" expected at least one row, got none`);
      return definition.finish(state);
    },
    parse: (value) => parseMetricState(value, definition),
  };
}
