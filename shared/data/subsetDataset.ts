import type { Dataset } from "./dataset.ts";

/**
 * A dataset of the given rows, in their order: a copy, so that it can be sent away without the rest.
 * @throws RangeError if a row is not in the dataset.
 */
export function subsetDataset(dataset: Dataset, rows: Uint32Array | readonly number[]): Dataset {
  for (const row of rows) {
    if (!Number.isInteger(row) || row < 0 || row >= dataset.numExamples) {
      throw new RangeError(`"rows" expected numbers in [0, ${dataset.numExamples - 1}], got ${row}`);
    }
  }
  const inputSize = dataset.inputs.length / dataset.numExamples;
  return {
    numExamples: rows.length,
    inputShape: dataset.inputShape,
    inputs: gather(dataset.inputs, rows, inputSize),
    targets: gather(dataset.targets, rows, dataset.targetSize),
    targetSize: dataset.targetSize,
    ...(dataset.groups ? { groups: Uint32Array.from(rows, (row) => dataset.groups?.[row] as number) } : {}),
  };
}

function gather<T extends Uint8Array | Int32Array | Float32Array>(
  values: T,
  rows: Uint32Array | readonly number[],
  size: number,
): T {
  const length = rows.length * size;
  const out =
    values instanceof Uint8Array
      ? new Uint8Array(length)
      : values instanceof Int32Array
        ? new Int32Array(length)
        : new Float32Array(length);
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * size;
    out.set(values.subarray(start, start + size), i * size);
  }
  return out as T;
}
