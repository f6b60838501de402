import type { MetricBatch } from "./metric.ts";

/** Options of every metric of a classifier. */
export interface LabelOptions {
  /** Rows with this label are passed over (padding, unlabelled tokens); they count nowhere. */
  readonly ignoreIndex?: number;
}

/**
 * Visits the rows of a batch of a classifier with their logits [numClasses] (a view: read it, do not keep it) and label.
 * One output is read as the logits [0, output]. Returns the number of rows visited: all but those that are ignored.
 * @throws RangeError for sizes that do not fit, a logit that is NaN or infinite, or a label that is no class.
 */
export function eachLabelledRow(
  metric: string,
  { numRows, outputs, targets }: MetricBatch,
  options: LabelOptions & { readonly numClasses?: number },
  visit: (logits: Float32Array, label: number) => void,
): number {
  if (targets.length !== numRows) {
    throw new RangeError(`"${metric}" expected targets [${numRows}], got ${targets.length} values`);
  }
  const outputSize = outputSizeOf(metric, numRows, outputs.length);
  if (numRows === 0) return 0;
  const numClasses = Math.max(outputSize, 2);
  if (options.numClasses !== undefined && numClasses !== options.numClasses) {
    throw new RangeError(
      `"${metric}" expected outputs [${numRows}, ${options.numClasses}], got [${numRows}, ${outputSize}]`,
    );
  }
  const pair = new Float32Array(2);
  let numVisited = 0;
  for (let row = 0; row < numRows; row++) {
    let logits = outputs.subarray(row * outputSize, (row + 1) * outputSize);
    for (const logit of logits) {
      if (!Number.isFinite(logit))
        throw new RangeError(`"${metric}" expected finite logits, got ${logit} in row ${row}`);
    }
    const label = targets[row]!;
    if (label === options.ignoreIndex) continue;
    if (!Number.isInteger(label) || label < 0 || label >= numClasses) {
      throw new RangeError(`"${metric}" expected labels 0 .. ${numClasses - 1}, got ${label} in row ${row}`);
    }
    if (outputSize === 1) {
      pair[1] = logits[0]!;
      logits = pair;
    }
    visit(logits, label);
    numVisited++;
  }
  return numVisited;
}

function outputSizeOf(metric: string, numRows: number, numOutputs: number): number {
  const outputSize = numRows === 0 ? 0 : numOutputs / numRows;
  if (outputSize * numRows !== numOutputs || !Number.isInteger(outputSize) || (numRows > 0 && outputSize === 0)) {
    throw new RangeError(`"${metric}" expected outputs [${numRows}, classes], got ${numOutputs} values`);
  }
  return outputSize;
}
