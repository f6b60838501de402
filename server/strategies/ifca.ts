import { createRng } from "../../shared/base/rng.ts";
import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import { type ExactSum, exactSum } from "./aggregators/exactSum.ts";
import type { ParamsRange } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { createRoundedHandout } from "./roundedHandout.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/**
 * IFCA: several models, and each client trains the one that has the lowest loss on its data. The params are the model of
 * cluster 0, the vectors "cluster1", "cluster2", ... the others; the part "cluster" says which model a delta belongs to.
 *
 *   model j = model j + mean of the deltas of cluster j, weighted by examples
 *
 * Models begin apart, each with a draw of its own, as in the paper. A model that nobody chose stays. In the paper clients have equally many examples, so that its mean is this one.
 * Source: Ghosh et al. 2020, Algorithm 1 with model averaging, arXiv:2006.04088.
 */
export function ifca(
  plan: PlanOf<"ifca">,
  bounds: RoundBounds,
  furtherStart?: (name: string) => Float32Array,
): Strategy {
  const { numParams, maxUpdates, maxWeight, maxAbsDelta, statistics = [] } = bounds;
  const needs = strategyNeeds(plan, numParams);
  const rounded = createRoundedHandout();
  return {
    hasSeveralModels: true,
    init: (params) => ({
      params,
      vectors: new Map(
        needs.handouts.map((name) => [
          name,
          Float64Array.from(furtherStart?.(name) ?? scatter(params, name, statistics)),
        ]),
      ),
    }),
    handouts: ({ params, vectors }) =>
      new Map([["params", params], ...needs.handouts.map((name) => [name, rounded(vectors.get(name)!)] as const)]),
    openRound({ params, vectors }) {
      const clusters = new Map<number, { readonly deltas: ExactSum; weight: number }>();
      const modelOf = (cluster: number, model: Float32Array): Float32Array => {
        const chosen = clusters.get(cluster);
        return chosen ? roundParams(model, chosen.deltas.dividedBy(chosen.weight), (x, d) => x + d) : model;
      };
      return checkedRound({
        bounds,
        needs,
        fold({ delta, weight, parts }) {
          const cluster = parts.get("cluster")![0]!;
          const chosen = clusters.get(cluster) ?? {
            deltas: exactSum({ length: numParams, maxAbsSum: maxUpdates * maxWeight * maxAbsDelta }),
            weight: 0,
          };
          chosen.deltas.add(delta, weight);
          chosen.weight += weight;
          clusters.set(cluster, chosen);
        },
        finish: () => ({
          params: modelOf(0, params),
          vectors: new Map(
            needs.handouts.map((name, i) => [
              name,
              clusters.has(i + 1) ? Float64Array.from(modelOf(i + 1, rounded(vectors.get(name)!))) : vectors.get(name)!,
            ]),
          ),
        }),
      });
    },
  };
}

/**
 * Another start of the same model: models that begin alike would never part. Each param is scaled by a factor in
 * [0.5, 1.5) and moved by at most 0.01, the same for every run, so that layers keep their scales. Running statistics
 * begin alike: a small variance that is moved may fall below zero.
 */
function scatter(params: Float32Array, name: string, statistics: readonly ParamsRange[]): Float32Array {
  const rng = createRng("ifca", name);
  const scattered = params.map((value) => value * (0.5 + rng.nextFloat()) + 0.02 * (rng.nextFloat() - 0.5));
  for (const { offset, length } of statistics) scattered.set(params.subarray(offset, offset + length), offset);
  return scattered;
}
