import { nearestName } from "../../shared/base/nearestName.ts";
import type { Objective } from "../../shared/protocol/evaluationPlan.ts";

const OF_TEST_SET = ["testAccuracy", "testLoss"];
const OF_CLIENTS = ["clientTestAccuracy", "clientTestLoss"].flatMap((name) => [name, `${name}Worst`, `${name}StdDev`]);
/** Metrics that a run's evaluation names are merged under names of their own, such as "clientsAccuracy". */
const MERGED = /^clients[A-Z]/;

/** Who measures in a run. */
export interface Measuring {
  readonly evaluation?: { readonly metrics?: readonly string[] } | undefined;
  readonly hasTestSet: boolean;
}

/**
 * A run is after a figure that its rounds have: one that nobody measures would let it go on without an end and without a best
 * round. @throws RangeError that says what measures it, or names the nearest figure.
 */
export function assertMeasured(
  objective: Pick<Objective, "metric"> | undefined,
  { evaluation, hasTestSet }: Measuring,
) {
  if (objective === undefined) return;
  const { metric } = objective;
  const refuse = (reason: string): never => {
    throw new RangeError(`"objective.metric" expected a figure of the rounds, got "${metric}": ${reason}`);
  };
  if (OF_TEST_SET.includes(metric)) {
    if (!hasTestSet) refuse('there is no test set; name one ("data": { "source": ... }) or take a clientTest figure');
  } else if (OF_CLIENTS.includes(metric)) {
    if (evaluation === undefined) refuse('clients judge nothing; add "evaluation": { "heldOutFraction": 0.1 }');
  } else if (MERGED.test(metric)) {
    if (evaluation?.metrics === undefined) refuse('clients merge no metrics; name some in "evaluation.metrics"');
  } else if (metric !== "trainLoss") {
    const known = [...OF_TEST_SET, "trainLoss", ...OF_CLIENTS];
    const nearest = nearestName(metric, known);
    refuse(nearest ? `did you mean "${nearest}"?` : `known are ${known.join(", ")}, and clients... for merged metrics`);
  }
}
