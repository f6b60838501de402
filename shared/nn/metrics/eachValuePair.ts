import type { MetricBatch } from "./metric.ts";

/**
 * Visits every output of a regression batch with the value aimed at, and its place in the row. Returns the number of rows.
 * @throws RangeError for sizes that do not fit or a number that is NaN or infinite; TypeError for targets as Int32Array,
 * whose squares f64 cannot hold.
 */
export function eachValuePair(
  metric: string,
  { numRows, outputs, targets }: MetricBatch,
  outputSize: number,
  visit: (output: number, target: number, place: number) => void,
): number {
  if (targets instanceof Int32Array)
    throw new TypeError(`"${metric}" expected targets as f32 values, got an Int32Array`);
  const expected = numRows * outputSize;
  if (outputs.length !== expected || targets.length !== expected) {
    throw new RangeError(
      `"${metric}" expected outputs and targets [${numRows}, ${outputSize}], ` +
        `got ${outputs.length} and ${targets.length} values`,
    );
  }
  for (let i = 0; i < expected; i++) {
    const output = outputs[i]!;
    const target = targets[i]!;
    if (!Number.isFinite(output) || !Number.isFinite(target)) {
      const row = Math.floor(i / outputSize);
      throw new RangeError(`"${metric}" expected finite values, got ${output} for ${target} in row ${row}`);
    }
    visit(output, target, i % outputSize);
  }
  return numRows;
}
