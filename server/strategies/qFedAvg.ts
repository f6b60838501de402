import { pow } from "../../shared/base/math.ts";
import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import { exactSum } from "./aggregators/exactSum.ts";
import { sumSorted } from "./aggregators/sumSorted.ts";
import { wideSum } from "./aggregators/wideSum.ts";
import { averageStatistics, type ParamsRange } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import { assertPlainSgd } from "./plainSgd.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/** Keeps F^(q-1) finite for a client without any loss, as the authors' program does. */
const LOSS_OFFSET = 1e-10;
/** F^q beyond it is refused: Σ F^q · ‖Δ‖² must stay a number. */
const MAX_POWER = 2 ** 500;

/**
 * q-FedAvg: the worse the received params do on a client's data, the more it counts. With F_k that loss, L = 1 over the
 * clients' learning rate and Δ_k = -L · delta_k:
 *
 *   x = x - Σ F_k^q · Δ_k / Σ h_k,   h_k = q · F_k^(q-1) · ‖Δ_k‖² + L · F_k^q
 *
 * With q = 0 this is the mean in which every client counts alike. In the paper examples count by the drawing: clients come
 * with probability p_k, which makes the objective Σ p_k · F_k^(q+1) / (q+1). Where a cohort is a small part of the clients,
 * the plan's sampler "weighted" nearly draws so; "uniform" stands for the same p_k for all.
 * Running statistics are no gradient: they stay out of the norm, and take the mean in which every client counts alike.
 * Source: Li et al. 2020, Algorithm 2, arXiv:1905.10497.
 * @throws RangeError unless the clients take plain SGD steps with a constant learning rate: with others L is no such bound.
 */
export function qFedAvg(plan: PlanOf<"qfedavg">, bounds: RoundBounds, local: LocalPlan): Strategy {
  assertPlainSgd("qfedavg", local);
  const { numParams, maxUpdates, maxAbsDelta, statistics = [] } = bounds;
  const { q } = plan;
  const needs = strategyNeeds(plan, numParams);
  const lipschitz = 1 / local.optimizer.learningRate;
  return {
    init: (params) => ({ params, vectors: new Map() }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      const weighted = wideSum({ length: numParams, maxAbsValue: maxAbsDelta, maxTerms: maxUpdates });
      const plain =
        statistics.length > 0 ? exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsDelta }) : undefined;
      const curvatures: number[] = [];
      return checkedRound({
        bounds,
        needs,
        check({ metrics }) {
          const power = pow(metrics.startLoss! + LOSS_OFFSET, q);
          if (!(power <= MAX_POWER)) {
            throw new RangeError(`"startLoss" to the power q = ${q} expected <= ${MAX_POWER}, got ${power}; lower "q"`);
          }
        },
        fold({ delta, metrics }) {
          const loss = metrics.startLoss! + LOSS_OFFSET;
          const power = pow(loss, q);
          weighted.add(delta, power);
          plain?.add(delta, 1);
          const slope = q === 0 ? 0 : (q * power) / loss;
          curvatures.push(slope * lipschitz * lipschitz * squaredNorm(delta, statistics) + lipschitz * power);
        },
        finish({ numUpdates }) {
          const curvature = sumSorted(curvatures);
          // Where it is 0 no client has a loss that f64 can tell from 0 when raised to q: nothing is left to improve.
          const stepped =
            curvature === 0 ? params : roundParams(params, weighted.dividedBy(curvature), (x, d) => x + lipschitz * d);
          const mean = plain?.dividedBy(numUpdates);
          return { params: mean ? averageStatistics(stepped, params, mean, statistics) : stepped, vectors };
        },
      });
    },
  };
}

function squaredNorm(values: Float32Array, leftOut: readonly ParamsRange[]): number {
  const counted = leftOut.length > 0 ? values.slice() : values;
  for (const { offset, length } of leftOut) counted.fill(0, offset, offset + length);
  let sum = 0;
  for (let i = 0; i < counted.length; i++) sum += counted[i]! * counted[i]!;
  return sum;
}
