import { createRng } from "../../shared/base/rng.ts";
import { type ExactSum, exactSum } from "./aggregators/exactSum.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { createRoundedHandout } from "./roundedHandout.ts";
import { roundParams } from "./roundParams.ts";
import { MAX_STATE_BYTES, serverStateBytes } from "./serverStateBytes.ts";
import type { ServerState, Strategy } from "./strategy.ts";

/**
 * Hierarchical FedAvg: every client belongs to one edge, by a hash of its id. An edge moves its own params by the mean of
 * its clients' deltas, weighted by examples; after every `edgeRounds` rounds all edges take the mean of their params,
 * weighted by the examples that each folded since they last agreed.
 *
 * The state holds "agreed", the params of an edge that folded nothing since then, "edge0", "edge1", ... of the others,
 * and "examples" of each edge. Its params are always the mean over the edges: what they would agree on now.
 * Source: Liu et al. 2020, Algorithm 1, arXiv:1905.06641.
 * @throws RangeError if the state could grow beyond what a commit can store.
 */
export function hierarchical(plan: PlanOf<"hierarchical">, bounds: RoundBounds, cohortSize: number): Strategy {
  const { edges, edgeRounds } = plan;
  assertStateFits(plan, bounds.numParams, cohortSize);
  const { maxUpdates, maxWeight, maxAbsDelta, numParams } = bounds;
  const rounded = createRoundedHandout();
  const edgeOf = (clientId: string): number => createRng("edge", clientId).nextBelow(edges);
  const paramsOf = ({ vectors }: ServerState, edge: number): Float32Array =>
    rounded(vectors.get(`edge${edge}`) ?? vectors.get("agreed")!);
  return {
    init: (params) => agreedState(params, edges),
    handouts: (state, clientId) => new Map([["params", paramsOf(state, edgeOf(clientId))]]),
    openRound(state, round) {
      const folds = new Map<number, { readonly deltas: ExactSum; weight: number }>();
      return checkedRound({
        bounds,
        fold({ clientId, delta, weight }) {
          const edge = edgeOf(clientId);
          const own = folds.get(edge) ?? {
            deltas: exactSum({ length: numParams, maxAbsSum: maxUpdates * maxWeight * maxAbsDelta }),
            weight: 0,
          };
          own.deltas.add(delta, weight);
          own.weight += weight;
          folds.set(edge, own);
        },
        finish() {
          const moved: [string, Float64Array][] = [];
          const examples = state.vectors.get("examples")!.slice();
          for (const edge of examples.keys()) {
            const own = folds.get(edge);
            if (own) {
              const params = roundParams(paramsOf(state, edge), own.deltas.dividedBy(own.weight), (x, d) => x + d);
              moved.push([`edge${edge}`, Float64Array.from(params)]);
              examples[edge] = examples[edge]! + own.weight;
            } else if (examples[edge]! > 0) moved.push([`edge${edge}`, state.vectors.get(`edge${edge}`)!]);
          }
          const vectors = new Map(moved);
          const params = meanOfEdges(vectors, examples, numParams);
          if ((round + 1) % edgeRounds === 0) return agreedState(params, edges);
          return {
            params,
            vectors: new Map([["agreed", state.vectors.get("agreed")!], ["examples", examples], ...moved]),
          };
        },
      });
    },
  };
}

/** Before the run: a round whose state is too large would fail again in each attempt, however many there are. */
function assertStateFits({ edges, edgeRounds }: PlanOf<"hierarchical">, numParams: number, cohortSize: number): void {
  // In the round after which they agree, edges leave no params of their own.
  const numMoved = Math.min(edges, cohortSize * (edgeRounds - 1));
  const moved = Array.from({ length: numMoved }, (_, edge) => ({ name: `edge${edge}`, length: numParams }));
  const numBytes = serverStateBytes([
    { name: "agreed", length: numParams },
    { name: "examples", length: edges },
    ...moved,
  ]);
  if (numBytes <= MAX_STATE_BYTES) return;
  throw new RangeError(
    `hierarchical expected a state of <= ${MAX_STATE_BYTES} bytes, got up to ${numBytes}: ${numParams} params of 8 bytes for ` +
      `each of ${numMoved} edges, and once more; lower "strategy.edges", or let edges agree each round ("edgeRounds": 1)`,
  );
}

function agreedState(params: Float32Array, edges: number): ServerState {
  return {
    params,
    vectors: new Map([
      ["agreed", Float64Array.from(params)],
      ["examples", new Float64Array(edges)],
    ]),
  };
}

/** Over the edges with examples, in the order of their numbers. */
function meanOfEdges(
  vectors: ReadonlyMap<string, Float64Array>,
  examples: Float64Array,
  numParams: number,
): Float32Array {
  const total = examples.reduce((sum, count) => sum + count, 0);
  const mean = new Float64Array(numParams);
  for (const [edge, count] of examples.entries()) {
    if (count === 0) continue;
    const params = vectors.get(`edge${edge}`)!;
    for (let i = 0; i < numParams; i++) mean[i] = mean[i]! + (count / total) * params[i]!;
  }
  return Float32Array.from(mean);
}
