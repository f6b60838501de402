import type { Metric } from "../shared/nn/metrics/metric.ts";
import { metricValues } from "../shared/train/metricValues.ts";
import { worstTenth } from "../shared/train/worstTenth.ts";
import type { JudgedOwner, TrainingPool } from "./pool/trainingPool.ts";

export interface RoundEvaluation {
  readonly pool: TrainingPool;
  /** Those of the experiment. */
  readonly metrics: readonly Metric[];
  readonly hasTest: boolean;
  /** Shared params for the test set. */
  readonly params: Float32Array;
  /** Clients that judge what they would predict with, if they hold rows out. */
  readonly clients: readonly JudgedOwner[];
}

/**
 * What the published params are worth, by name. `testAccuracy` and `testLoss`: the server's test set, with the private params
 * that the model begins with. `clientTestAccuracy` and `clientTestLoss`: the mean over clients, each with its own private
 * params on the rows that it holds out (`testedClients` of them). The experiment's metrics: "test.<name>" on the test set,
 * "clients.<name>" over all held-out rows of those clients together.
 */
export async function evaluateRound({ pool, metrics, hasTest, params, clients }: RoundEvaluation) {
  const values: Record<string, number> = {};
  const add = (prefix: string, named: Readonly<Record<string, number>>): void => {
    for (const [name, value] of Object.entries(named)) values[`${prefix}.${name}`] = value;
  };
  if (hasTest) {
    const { loss, numCorrect, numExamples, states } = await pool.evaluate(params);
    if (numCorrect !== undefined) values.testAccuracy = numCorrect / numExamples;
    values.testLoss = rounded(loss);
    add("test", metricValues(metrics, states));
  }
  const judged = await pool.evaluateClients(clients);
  const testedClients = judged.clients.length;
  if (testedClients > 0) {
    const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
    const shares = judged.clients.flatMap(({ numCorrect, numExamples }) =>
      numCorrect === undefined ? [] : [numCorrect / numExamples],
    );
    if (shares.length === testedClients) {
      values.clientTestAccuracy = rounded(mean(shares));
      values.worstTenthTestAccuracy = rounded(mean(worstTenth(shares, (a, b) => a - b)));
    }
    values.clientTestLoss = rounded(mean(judged.clients.map(({ loss }) => loss)));
    values.testedClients = testedClients;
    add("clients", metricValues(metrics, judged.states));
  }
  return values;
}

/** To six decimals: enough to read, and stable to print. */
export function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
