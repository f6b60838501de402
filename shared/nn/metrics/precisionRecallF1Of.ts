export type PrecisionRecallF1 = Readonly<Record<"precision" | "recall" | "f1", number>>;

/**
 * hits / predicted, hits / actual, and their harmonic mean 2·hits / (predicted + actual), for the rows of one class that
 * were found, were claimed, and exist. 0 for 0 / 0.
 */
export function precisionRecallF1Of(hits: number, predicted: number, actual: number): PrecisionRecallF1 {
  return {
    precision: predicted === 0 ? 0 : hits / predicted,
    recall: actual === 0 ? 0 : hits / actual,
    f1: predicted + actual === 0 ? 0 : (2 * hits) / (predicted + actual),
  };
}
