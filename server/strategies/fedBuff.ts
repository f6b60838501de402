import { exactSum } from "./aggregators/exactSum.ts";
import { averageStatistics } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/**
 * FedBuff: K updates of clients that work at their own pace make one step; an old one counts less.
 *
 *   x = x + learningRate / K · Σ s(staleness) · delta,   s(t) = 1 / sqrt(1 + t)
 *
 * K is the number of updates folded: the buffer's size, unless a deadline closed it before. Examples do not count, as in
 * the paper; running statistics take a learning rate of 1. Source: Nguyen et al. 2022, Algorithm 1, arXiv:2106.06639.
 */
export function fedBuff({ learningRate = 1 }: PlanOf<"fedbuff">, bounds: RoundBounds): Strategy {
  const { numParams, maxUpdates, maxAbsDelta, statistics = [] } = bounds;
  return {
    init: (params) => ({ params, vectors: new Map() }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      const buffer = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsDelta });
      return checkedRound({
        bounds,
        fold: ({ delta, staleness }) => buffer.add(delta, 1 / Math.sqrt(1 + staleness)),
        finish({ numUpdates }) {
          const mean = buffer.dividedBy(numUpdates);
          const stepped = roundParams(params, mean, (x, d) => x + learningRate * d);
          return { params: averageStatistics(stepped, params, mean, statistics), vectors };
        },
      });
    },
  };
}
