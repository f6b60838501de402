import type { Metric, MetricState, MetricValue } from "../nn/metrics/metric.ts";

/**
 * What the states of some metrics come to, as named numbers: "accuracy"; "precisionRecallF1.f1.macro" for a metric of several
 * numbers; "confusionMatrix.3.5" for the entry of a table at row 3, column 5.
 * A metric that these rows leave undefined (no rows at all, an AUC without a positive) has no value: other rows may yet
 * define it.
 */
export function metricValues(
  metrics: readonly Metric[],
  states: readonly MetricState[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    metrics.flatMap((metric, i) => {
      const value = definedValue(metric, states[i]!);
      return value === undefined ? [] : named(metric.name, value);
    }),
  );
}

/** `finish` says by a RangeError that a metric is undefined. */
function definedValue(metric: Metric, state: MetricState): MetricValue | undefined {
  metric.merge(state, metric.init()); // a state of another metric is a mistake, not an undefined value
  try {
    return metric.finish(state);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function named(name: string, value: MetricValue): [string, number][] {
  if (typeof value === "number") return [[name, value]];
  const entries = Array.isArray(value) ? (value as readonly (readonly number[])[]).entries() : Object.entries(value);
  return [...entries].flatMap(([key, inner]): [string, number][] =>
    typeof inner === "number"
      ? [[`${name}.${key}`, inner]]
      : (inner as readonly number[]).map((entry, i) => [`${name}.${key}.${i}`, entry]),
  );
}
