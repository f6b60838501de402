import type { Dataset } from "./dataset.ts";

/**
 * One dataset holding the examples of both, the first one's first; a copy.
 * @throws TypeError unless both have the same input shape, target size and element types.
 */
export function concatDatasets(first: Dataset, second: Dataset): Dataset {
  if (first.inputShape.join() !== second.inputShape.join() || first.targetSize !== second.targetSize) {
    throw new TypeError(
      `"second" expected inputs [${first.inputShape}] and targets of ${first.targetSize}, got [${second.inputShape}] and ${second.targetSize}`,
    );
  }
  return {
    numExamples: first.numExamples + second.numExamples,
    inputShape: first.inputShape,
    inputs: concat(first.inputs, second.inputs),
    targets: concat(first.targets, second.targets),
    targetSize: first.targetSize,
  };
}

function concat<T extends Uint8Array | Int32Array | Float32Array>(first: T, second: T): T {
  const length = first.length + second.length;
  const out =
    first instanceof Uint8Array && second instanceof Uint8Array
      ? new Uint8Array(length)
      : first instanceof Int32Array && second instanceof Int32Array
        ? new Int32Array(length)
        : first instanceof Float32Array && second instanceof Float32Array
          ? new Float32Array(length)
          : undefined;
  if (out === undefined) throw new TypeError("both datasets expected elements of one type");
  out.set(first, 0);
  out.set(second, first.length);
  return out as T;
}
