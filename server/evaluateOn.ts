import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dataset } from "../shared/data/dataset.ts";
import type { Metrics } from "../shared/protocol/metrics.ts";
import type { LocalTrainer } from "../shared/train/localTrainer.ts";

/** Rows judged between two turns of the event loop: about 5 ms of a 2NN, so that sockets are served meanwhile. */
const CHUNK_ROWS = 250;

/**
 * Judges params on a test set that the coordinator holds: `testLoss`, and `testAccuracy` for a classifier. Runs in
 * slices on the event loop of its caller.
 * @param privateParams what does not travel, as a client begins with it: judged with the shared params that are given.
 */
export function evaluateOn(
  trainer: Pick<LocalTrainer, "evaluate">,
  testData: Dataset,
  privateParams: Float32Array = new Float32Array(),
): (params: Float32Array) => Promise<Metrics> {
  const { numExamples } = testData;
  return async (shared) => {
    const params = new Float32Array(shared.length + privateParams.length);
    params.set(shared);
    params.set(privateParams, shared.length);
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
