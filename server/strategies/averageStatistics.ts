/** A stretch of the params; an entry of a params spec is one. */
export interface ParamsRange {
  /** In elements. */
  readonly offset: number;
  readonly length: number;
}

/**
 * The params after a step, but with running statistics (means and variances of batches) moved by the mean delta alone: a
 * step that goes beyond what clients measured could leave a variance below zero. All [numParams]; a new array where
 * there are statistics.
 */
export function averageStatistics(
  stepped: Float32Array,
  before: Float32Array,
  meanDelta: Float64Array,
  statistics: readonly ParamsRange[],
): Float32Array {
  if (statistics.length === 0) return stepped;
  const params = stepped.slice();
  for (const { offset, length } of statistics) {
    for (let i = offset; i < offset + length; i++) params[i] = before[i]! + meanDelta[i]!;
  }
  return params;
}
