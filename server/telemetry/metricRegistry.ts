import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { METRICS, type MetricDefinition, type MetricName } from "./metricCatalogue.ts";

type Labels = Readonly<Record<string, string>>;

/** The metrics of one coordinator; two in one process do not see each other's. */
export interface MetricRegistry {
  /** Adds to a counter. */
  add(name: MetricName, labels?: Labels, amount?: number): void;
  /** Brings a counter that something else counts up to its value there. */
  countTo(name: MetricName, labels: Labels, value: number): void;
  /** Sets a gauge. */
  set(name: MetricName, value: number, labels?: Labels): void;
  /** Forgets every value of a gauge: its labels may have changed. */
  reset(name: MetricName): void;
  /** Adds a value, in seconds, to a histogram. */
  observe(name: MetricName, seconds: number, labels: Labels): void;
  /** All of them in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

export function createMetricRegistry(): MetricRegistry {
  const registry = new Registry();
  const counters = new Map<MetricName, Counter>();
  const gauges = new Map<MetricName, Gauge>();
  const histograms = new Map<MetricName, Histogram>();
  /** Where counters that are brought up to a value stand, by name and labels. */
  const counted = new Map<string, number>();

  for (const [name, definition] of Object.entries(METRICS) as [MetricName, MetricDefinition][]) {
    const { type, help, labels, buckets } = definition;
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === "counter") counters.set(name, new Counter(common));
    else if (type === "gauge") gauges.set(name, new Gauge(common));
    else histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
  }

  function add(name: MetricName, labels: Labels = {}, amount = 1): void {
    counters.get(name)?.inc(labels, amount);
  }

  return {
    add,
    countTo(name, labels, value) {
      const key = `${name} ${JSON.stringify(labels)}`;
      const growth = value - (counted.get(key) ?? 0);
      // A smaller value means that its source began anew; Prometheus counters only grow.
      add(name, labels, growth >= 0 ? growth : value);
      counted.set(key, value);
    },
    set: (name, value, labels = {}) => gauges.get(name)?.set(labels, value),
    reset: (name) => gauges.get(name)?.reset(),
    observe: (name, seconds, labels) => histograms.get(name)?.observe(labels, seconds),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
