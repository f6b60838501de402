import { createRng } from "../../shared/base/rng.ts";
import { strategyNeeds } from "../../shared/protocol/strategyNeeds.ts";
import { sumSorted } from "./aggregators/sumSorted.ts";
import { wideSum } from "./aggregators/wideSum.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import { simplexThreshold } from "./simplex.ts";
import type { ServerState, Strategy } from "./strategy.ts";

/** A step of more than 1 already takes the whole weight; beyond this one f64 would lose the others' digits. */
const MAX_ASCENT = 2 ** 20;

/**
 * Agnostic federated learning: a weight lambda_k for every client of the population, all >= 0 with sum 1, is moved
 * towards the clients with the highest loss F_k of the received params. With S the clients of the round:
 *
 *   x = x + Σ of S (lambda_k · delta_k) / Σ of S (lambda_k)
 *   lambda = projection on the simplex of (lambda_k + learningRate · F_k for k in S, lambda_k for the others)
 *
 * In the paper every client takes part in every round; here only those of the round move, and the projection moves all.
 * A client's examples do not count. A round whose clients all have lambda 0 leaves the params.
 *
 * The state holds lambda of the clients seen so far, by rising `key`, a point in [0, 1) drawn from the client's id, and
 * beside it `rest`, the lambda that all others still have in common: at most 16 bytes a client, for `population` clients.
 * (Two ids with one key would share a lambda: of a million clients the chance is below 1 in 10,000.)
 * Source: Mohri et al. 2019, Stochastic-AFL, arXiv:1902.00146; projection of Duchi et al. 2008.
 */
export function afl(plan: PlanOf<"afl">, bounds: RoundBounds): Strategy {
  const { numParams, maxUpdates, maxAbsDelta } = bounds;
  const { learningRate, population } = plan;
  const needs = strategyNeeds(plan, numParams);
  return {
    init: (params) => ({ params, vectors: lambdaVectors(new Map(), 1 / population) }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      const lambdas = readLambdas(vectors);
      const rest = vectors.get("rest")![0]!;
      const weighted = wideSum({ length: numParams, maxAbsValue: maxAbsDelta, maxTerms: maxUpdates });
      const weights: number[] = [];
      const losses = new Map<number, number>();
      /** Keys of clients that have a place from this round on. */
      const newcomers = new Set<number>();
      return checkedRound({
        bounds,
        needs,
        check({ clientId }) {
          const key = keyOf(clientId);
          if (lambdas.has(key) || newcomers.has(key)) return;
          if (lambdas.size + newcomers.size === population) {
            throw new RangeError(`afl expected <= ${population} clients, got one more; raise "population"`);
          }
          newcomers.add(key);
        },
        fold({ clientId, delta, metrics }) {
          const key = keyOf(clientId);
          const lambda = lambdas.get(key) ?? rest;
          weighted.add(delta, lambda);
          weights.push(lambda);
          // The larger of two with one key, so that their order does not matter.
          losses.set(key, Math.max(metrics.startLoss!, losses.get(key) ?? 0));
        },
        finish() {
          const moved = new Map(lambdas);
          for (const [key, loss] of losses)
            moved.set(key, (lambdas.get(key) ?? rest) + Math.min(MAX_ASCENT, learningRate * loss));
          const others = { value: rest, count: population - moved.size };
          const theta = simplexThreshold([...Array.from(moved.values(), (value) => ({ value, count: 1 })), others]);
          for (const [key, value] of moved) moved.set(key, Math.max(0, value - theta));
          const total = sumSorted(weights);
          const step = total > 0 ? weighted.dividedBy(total) : new Float64Array(numParams);
          return {
            params: roundParams(params, step, (x, d) => x + d),
            vectors: lambdaVectors(moved, Math.max(0, rest - theta)),
          };
        },
      });
    },
  };
}

function keyOf(clientId: string): number {
  return createRng("afl", clientId).nextFloat();
}

function readLambdas(vectors: ServerState["vectors"]): ReadonlyMap<number, number> {
  const lambda = vectors.get("lambda")!;
  return new Map(Array.from(vectors.get("key")!, (key, i) => [key, lambda[i]!]));
}

function lambdaVectors(lambdas: ReadonlyMap<number, number>, rest: number): ServerState["vectors"] {
  const sorted = [...lambdas].sort(([a], [b]) => a - b);
  return new Map([
    ["key", Float64Array.from(sorted, ([key]) => key)],
    ["lambda", Float64Array.from(sorted, ([, lambda]) => lambda)],
    ["rest", Float64Array.of(rest)],
  ]);
}
