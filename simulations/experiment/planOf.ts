import { ProtocolError } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { defineRunPlan, type RunPlan } from "../../shared/protocol/runPlan.ts";
import { cohortSize, type Experiment } from "./experiment.ts";
import { UsageError } from "./usageError.ts";

/**
 * The plan that a coordinator would run the experiment with: bounds and codec are the protocol's defaults, so the exact
 * fold of a simulation rounds as the coordinator's does.
 * @throws UsageError if the protocol does not allow it (a cohort that is too large, say).
 */
export function planOf(
  experiment: Experiment,
  { modelHash, runId }: { readonly modelHash: ContentHash; readonly runId: string },
): RunPlan {
  const size = cohortSize(experiment);
  const { overSelection, quorumFraction, deadlineSeconds, sampler, eligibility } = experiment.cohort;
  try {
    return defineRunPlan({
      runId,
      name: experiment.name,
      modelHash,
      rounds: experiment.rounds,
      cohort: {
        size,
        overSelection,
        quorum: Math.max(1, Math.ceil(quorumFraction * size)),
        ...(sampler && { sampler }),
        ...(eligibility && { eligibility }),
      },
      local: experiment.local,
      strategy: experiment.strategy,
      aggregation: experiment.aggregation,
      ...(experiment.maxStaleness !== undefined && { maxStaleness: experiment.maxStaleness }),
      deadlineMs: Math.ceil(1000 * deadlineSeconds),
    });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
