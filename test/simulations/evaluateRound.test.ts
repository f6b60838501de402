import { expect, it } from "vitest";
import { evaluateRound } from "../../simulations/evaluateRound.ts";
import type { TrainingPool } from "../../simulations/pool/trainingPool.ts";

/** Clients with these numbers of ten rows right. */
const judgedBy = (rights: readonly number[]) => {
  const clients = rights.map((numCorrect) => ({ numExamples: 10, numCorrect, loss: 1 }));
  const pool: Pick<TrainingPool, "evaluateClients"> = { evaluateClients: async () => ({ clients, states: [] }) };
  const options = { metrics: [], hasTest: false, params: new Float32Array(1), clients: [] };
  return evaluateRound({ ...options, pool: pool as TrainingPool });
};

it("evaluateRound gives the mean over clients, and the mean over the tenth of them that does worst", async () => {
  const twenty = [9, 8, 2, 10, 9, 9, 8, 8, 7, 4, 9, 8, 10, 10, 9, 9, 8, 8, 7, 8];
  expect(await judgedBy(twenty)).toEqual({
    clientTestAccuracy: 0.8, // 160 / 200
    worstTenthTestAccuracy: 0.3, // of 2 and 4
    clientTestLoss: 1,
    testedClients: 20,
  });
  expect(await judgedBy([5, 9, 7])).toMatchObject({ worstTenthTestAccuracy: 0.5 }); // at least one
});
