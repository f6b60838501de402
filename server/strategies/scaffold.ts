import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import { exactSum } from "./aggregators/exactSum.ts";
import { averageStatistics } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { createRoundedHandout } from "./roundedHandout.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/**
 * SCAFFOLD: every client corrects its gradients by (c - c_i), the server's control variate less its own. With S the
 * clients of the round and N the population:
 *
 *   x = x + learningRate · mean of S (delta);   c = c + |S| / N · mean of S (change of c_i)
 *
 * Every client counts alike, as in the paper, whatever its examples; running statistics take the mean. c begins at zero and is handed out rounded to f32.
 * Source: Karimireddy et al. 2020, Algorithm 1, arXiv:1910.06378.
 */
export function scaffold(plan: PlanOf<"scaffold">, bounds: RoundBounds): Strategy {
  const { numParams, maxUpdates, maxAbsDelta, statistics = [] } = bounds;
  const { learningRate = 1, population } = plan;
  const needs = strategyNeeds(plan, numParams);
  const maxAbsControl = needs.parts[0]!.maxAbs;
  const rounded = createRoundedHandout();
  return {
    init: (params) => ({ params, vectors: new Map([["control", new Float64Array(numParams)]]) }),
    handouts: ({ params, vectors }) =>
      new Map([
        ["params", params],
        ["control", rounded(vectors.get("control")!)],
      ]),
    openRound({ params, vectors }) {
      const deltas = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsDelta });
      const changes = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsControl });
      return checkedRound({
        bounds,
        needs,
        fold({ delta, parts }) {
          deltas.add(delta, 1);
          changes.add(parts.get("control")!, 1);
        },
        finish({ numUpdates }) {
          const step = deltas.dividedBy(numUpdates);
          const change = changes.dividedBy(population);
          const control = vectors.get("control")!.map((c, i) => c + change[i]!);
          const stepped = roundParams(params, step, (x, d) => x + learningRate * d);
          return {
            params: averageStatistics(stepped, params, step, statistics),
            vectors: new Map([["control", control]]),
          };
        },
      });
    },
  };
}
