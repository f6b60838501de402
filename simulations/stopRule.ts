/** Metrics of a round that `stop` may name. */
export const METRIC_NAMES = ["testAccuracy", "testLoss", "trainLoss", "clientTestAccuracy", "clientTestLoss"] as const;

/** Metric -> value that ends the run. */
export type Targets = Readonly<Record<string, number>>;

/** Whether the round reached one of the targets: at or below it for a loss, at or above it otherwise. */
export function reachesTarget(targets: Targets, metrics: Readonly<Record<string, number>>): boolean {
  return Object.entries(targets).some(([name, target]) => {
    const value = metrics[name];
    if (value === undefined) return false; // not measured this round
    return /loss$/i.test(name) ? value <= target : value >= target;
  });
}
