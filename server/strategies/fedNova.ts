import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import { exactSum } from "./aggregators/exactSum.ts";
import { sumSorted } from "./aggregators/sumSorted.ts";
import { averageStatistics } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import { effectiveSteps } from "./effectiveSteps.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/**
 * FedNova: averages how far each client came per effective step, so that one with more steps does not pull the model
 * towards its own optimum. With p_i the share of examples and a_i the weights of client i's gradients in its delta:
 *
 *   x = x + tau_eff · Σ p_i · delta_i / ‖a_i‖₁,   tau_eff = Σ p_i · ‖a_i‖₁
 *
 * tau_eff is free in the paper; with this one, clients that take equally many steps give exactly FedAvg. Running
 * statistics take the mean: how far they moved does not grow with the steps.
 * Source: Wang et al. 2020, section 5, arXiv:2007.07481.
 * @throws RangeError unless the local optimizer is SGD with constant learning rate; see `effectiveSteps`.
 */
export function fedNova(plan: PlanOf<"fednova">, bounds: RoundBounds, local: LocalPlan): Strategy {
  const { numParams, maxUpdates, maxWeight, maxAbsDelta, statistics = [] } = bounds;
  const needs = strategyNeeds(plan, numParams);
  const stepsOf = effectiveSteps(local);
  // Without a bound one client that claims to have taken no end of steps would stretch the whole cohort's step.
  const maxSteps = local.epochs * Math.ceil(maxWeight / local.batchSize);
  return {
    init: (params) => ({ params, vectors: new Map() }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      // ‖a_i‖₁ >= 1, so no coefficient is above the weight.
      const normalised = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxWeight * maxAbsDelta });
      const plain =
        statistics.length > 0
          ? exactSum({ length: numParams, maxAbsSum: maxUpdates * maxWeight * maxAbsDelta })
          : undefined;
      const weightedSteps: number[] = [];
      return checkedRound({
        bounds,
        needs,
        check({ metrics }) {
          const numSteps = metrics.numSteps!;
          if (!Number.isInteger(numSteps) || numSteps < 1 || numSteps > maxSteps) {
            throw new RangeError(
              `"numSteps" expected a whole number in [1, ${maxSteps}], got ${numSteps}; "maxWeight" examples in ` +
                `batches of ${local.batchSize} take ${maxSteps} steps: raise "maxWeight" for clients with more`,
            );
          }
        },
        fold({ delta, weight, metrics }) {
          const steps = stepsOf(metrics.numSteps!);
          normalised.add(delta, weight / steps);
          plain?.add(delta, weight);
          weightedSteps.push(weight * steps);
        },
        finish({ totalWeight }) {
          const tauEff = sumSorted(weightedSteps) / totalWeight;
          const stepped = roundParams(params, normalised.dividedBy(totalWeight), (x, d) => x + tauEff * d);
          const mean = plain?.dividedBy(totalWeight);
          return { params: mean ? averageStatistics(stepped, params, mean, statistics) : stepped, vectors };
        },
      });
    },
  };
}
