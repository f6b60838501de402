import * as v from "valibot";
import { LIMITS } from "./limits.ts";
import { isRecord } from "./parseWith.ts";

/** Figures by name: `trainLoss`, `testAccuracy`. Names are letters and digits; values are finite. */
export type Metrics = Readonly<Record<string, number>>;

const METRIC_NAME = /^[a-z][A-Za-z0-9]{0,39}$/;

/** At most `maxMetrics` finite figures; the copy has no other keys and no inherited ones. */
export const metricsSchema = v.pipe(v.custom<Metrics>(isMetrics, "metrics"), v.transform(copyMetrics));

function isMetrics(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const names = Object.keys(value);
  if (names.length > LIMITS.maxMetrics) return false;
  return names.every((name) => METRIC_NAME.test(name) && Number.isFinite(value[name]));
}

function copyMetrics(metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics));
}
