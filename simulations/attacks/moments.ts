export interface Moments {
  /** Mean of each coordinate. */
  readonly mean: Float64Array;
  /** Standard deviation of each coordinate, of the updates themselves (÷ n, not n - 1). */
  readonly stdDev: Float64Array;
}

/** Mean and spread of updates, coordinate by coordinate. */
export function momentsOf(updates: readonly Float32Array[]): Moments {
  const count = updates.length;
  const mean = new Float64Array(updates[0]?.length ?? 0);
  for (const update of updates) for (let i = 0; i < mean.length; i++) mean[i]! += update[i]! / count;
  const stdDev = new Float64Array(mean.length);
  for (const update of updates) {
    for (let i = 0; i < mean.length; i++) stdDev[i]! += (update[i]! - mean[i]!) ** 2 / count;
  }
  return { mean, stdDev: stdDev.map(Math.sqrt) };
}
