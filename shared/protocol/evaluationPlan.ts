import * as v from "valibot";
import { finite, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";

const metricName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9.-]{0,59}$/));

/** What the author of a run says of it. */
export const evaluationFields = v.strictObject({
  /** Share of its own examples that each client holds out, above 0, at most 0.9. */
  heldOutFraction: v.pipe(finite(0, 0.9), v.gtValue(0)),
  /** Names of further metrics, merged over clients as if all their rows were judged together. */
  metrics: v.exactOptional(v.pipe(v.array(metricName), v.minLength(1), v.maxLength(8))),
});

/**
 * Federated evaluation: each member judges the params that it received on rows it never trains on, before it trains. The
 * figures ride along with its update, signed, so they cost no message; those of round r tell of the params before it.
 */
export const evaluationPlanSchema = v.pipe(
  v.strictObject({
    ...evaluationFields.entries,
    /** Elements of the part "evaluation" that holds the metrics' states; follows from metrics and model. */
    numElements: v.exactOptional(integer(1, LIMITS.maxEvaluationElements)),
  }),
  v.check(
    ({ metrics, numElements }) => (metrics === undefined) === (numElements === undefined),
    '"evaluation.numElements" expected beside "evaluation.metrics", and only there',
  ),
);

/** What a run is after: names the best model, and when to stop. */
export const objectiveSchema = v.strictObject({
  /** Of a committed round: "testAccuracy", "clientTestLoss", ... */
  metric: metricName,
  goal: v.picklist(["max", "min"]),
  /** The run is finished once the metric is there. */
  target: v.exactOptional(finite(-1e12, 1e12)),
  /** The run is finished after so many rounds without an improvement of more than `minChange` on the last one that was. */
  plateau: v.exactOptional(v.strictObject({ rounds: integer(1, 5000), minChange: finite(0, 1e12) })),
});

/** Metric of a round: commits that the params which its clients judged lie behind those that it started from; 0 when absent. */
export const JUDGED_STALENESS = "judgedStaleness";

/**
 * How many commits before a round's own the params lie that a figure of it tells of: 0 for those that the round made. Clients judge
 * what they received, and their training loss begins there: that is 1, and more where an asynchronous run's work was stale (of
 * `trainLoss`, which mixes work of all ages, it is the least).
 */
export function commitsBefore(metric: string, metrics: Readonly<Record<string, number>>): number {
  const isOfClients = metric === "trainLoss" || metric.startsWith("client");
  return isOfClients ? 1 + (metrics[JUDGED_STALENESS] ?? 0) : 0;
}

export type EvaluationPlan = v.InferOutput<typeof evaluationPlanSchema>;
export type Objective = v.InferOutput<typeof objectiveSchema>;

/** What a run is after when its plan does not say. */
export const DEFAULT_OBJECTIVE: Objective = { metric: "testAccuracy", goal: "max" };
