import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dataset } from "../shared/data/dataset.ts";
import type { Metrics } from "../shared/protocol/metrics.ts";
import type { LocalTrainer } from "../shared/train/localTrainer.ts";

/** Rows judged between two turns of the event loop: about 5 ms of a 2NN, so that sockets are served meanwhile. */
const CHUNK_ROWS = 250;

/**
 * Judges params on a test set that the coordinator holds: `testLoss`, and `testAccuracy` for a classifier. Runs in
 * slices on the event loop of its caller.
 */
export function evaluateOn(
  trainer: Pick<LocalTrainer, "evaluate">,
  testData: Dataset,
): (params: Float32Array) => Promise<Metrics> {
  const { numExamples } = testData;
  return async (params) => {
    let lossSum = 0;
    let numCorrect: number | undefined;
    for (let start = 0; start < numExamples; start += CHUNK_ROWS) {
      const rows = Uint32Array.from({ length: Math.min(CHUNK_ROWS, numExamples - start) }, (_, i) => start + i);
      const result = trainer.evaluate(params, testData, rows);
      lossSum += result.loss * rows.length;
      if (result.numCorrect !== undefined) numCorrect = (numCorrect ?? 0) + result.numCorrect;
      await nextTurn();
    }
    const testLoss = lossSum / numExamples;
    return {
      ...(Number.isFinite(testLoss) ? { testLoss } : {}),
      ...(numCorrect === undefined ? {} : { testAccuracy: numCorrect / numExamples }),
    };
  };
}
