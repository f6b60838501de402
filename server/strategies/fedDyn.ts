import { exactSum } from "./aggregators/exactSum.ts";
import { averageStatistics } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/**
 * FedDyn: clients regularise their loss so that its minima agree; the server keeps what it needs for it in h. With S the
 * clients of the round, m the population and theta_k = theta + delta_k:
 *
 *   h = h - alpha / m · Σ of S (delta_k);   theta = mean of S (theta_k) - h / alpha
 *
 * Every client counts alike, as in the paper; running statistics take the mean. h begins at zero and stays in f64.
 * Source: Acar et al. 2021, Algorithm 1, arXiv:2111.04263.
 */
export function fedDyn({ alpha, population }: PlanOf<"feddyn">, bounds: RoundBounds): Strategy {
  const { numParams, maxUpdates, maxAbsDelta, statistics = [] } = bounds;
  return {
    init: (params) => ({ params, vectors: new Map([["h", new Float64Array(numParams)]]) }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      const deltas = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsDelta });
      return checkedRound({
        bounds,
        fold: ({ delta }) => deltas.add(delta, 1),
        finish({ numUpdates }) {
          const share = deltas.dividedBy(population);
          const h = vectors.get("h")!.map((value, i) => value - alpha * share[i]!);
          const mean = deltas.dividedBy(numUpdates);
          const stepped = roundParams(params, mean, (theta, d, i) => theta + d - h[i]! / alpha);
          return {
            params: averageStatistics(stepped, params, mean, statistics),
            vectors: new Map([["h", h]]),
          };
        },
      });
    },
  };
}
