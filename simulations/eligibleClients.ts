import type { Candidate } from "../server/rounds/cohort/candidate.ts";
import { unmetRule } from "../server/rounds/cohort/eligibility.ts";
import type { RunPlan } from "../shared/protocol/runPlan.ts";
import { UsageError } from "./experiment/usageError.ts";

/**
 * The clients that a round may ask, in the order of their numbers: those that the plan's rules admit.
 * @param numExamples examples that a client trains on.
 * @throws UsageError if they are fewer than a quorum: no round could ever be committed.
 */
export function eligibleClients(
  { cohort }: Pick<RunPlan, "cohort">,
  numClients: number,
  numExamples: (client: number) => number,
): readonly Candidate[] {
  const all = Array.from({ length: numClients }, (_, client) => ({
    id: String(client),
    numExamples: numExamples(client),
  }));
  const eligible = all.filter((client) => unmetRule(cohort.eligibility, client) === undefined);
  if (eligible.length < cohort.quorum) {
    throw new UsageError(
      `"cohort.eligibility" leaves ${eligible.length} of ${numClients} clients, a round needs ${cohort.quorum}; ` +
        'lower "minExamples", or "cohort.quorumFraction"',
    );
  }
  return eligible;
}
