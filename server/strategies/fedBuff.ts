import { exactSum } from "./aggregators/exactSum.ts";
import { averageStatistics, type ParamsRange } from "./averageStatistics.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

/** Stale updates of one age: they all began at the same params. */
interface Generation {
  /** The running statistics among these params, range by range. */
  readonly began: readonly Float32Array[];
  count: number;
}

/**
 * FedBuff: K updates of clients that work at their own pace make one step; an old one counts less.
 *
 *   x = x + learningRate / K · Σ s(staleness) · delta,   s(t) = 1 / sqrt(1 + t)
 *
 * K is the number of updates folded: the buffer's size, unless a deadline closed it before. Examples do not count, as in
 * the paper. Running statistics are levels, not gradients: a stale delta on top of the current level would go beyond what
 * any client measured. So they are mixed in as FedAsync does, with a learning rate of 1 and `base`, what a client began at:
 *
 *   x = x + 1 / K · Σ s(staleness) · (base + delta - x)
 *
 * Source: Nguyen et al. 2022, Algorithm 1, arXiv:2106.06639.
 */
export function fedBuff({ learningRate = 1 }: PlanOf<"fedbuff">, bounds: RoundBounds): Strategy {
  const { numParams, maxUpdates, maxAbsDelta, statistics = [] } = bounds;
  const needsBase = statistics.length > 0;
  return {
    ...(needsBase && { needsBase: true as const }),
    init: (params) => ({ params, vectors: new Map() }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      const buffer = exactSum({ length: numParams, maxAbsSum: maxUpdates * maxAbsDelta });
      /** By staleness; fresh updates began at x itself. */
      const stale = new Map<number, Generation>();
      return checkedRound({
        bounds,
        needsBase,
        fold({ delta, staleness, base }) {
          buffer.add(delta, discount(staleness));
          if (!needsBase || staleness === 0) return;
          const began = (): Float32Array[] =>
            statistics.map(({ offset, length }) => base!.slice(offset, offset + length));
          const generation = stale.get(staleness) ?? { began: began(), count: 0 };
          generation.count += 1;
          stale.set(staleness, generation);
        },
        finish({ numUpdates }) {
          const mean = buffer.dividedBy(numUpdates);
          const stepped = roundParams(params, mean, (x, d) => x + learningRate * d);
          for (const [staleness, { began, count }] of [...stale].sort(([a], [b]) => a - b)) {
            const share = (count * discount(staleness)) / numUpdates;
            for (const [i, range] of statistics.entries()) addDistance(mean, range, params, began[i]!, share);
          }
          return { params: averageStatistics(stepped, params, mean, statistics), vectors };
        },
      });
    },
  };
}

/** In one range of the mean of deltas: base + delta - x of stale updates is their delta and, once each, base - x. */
function addDistance(
  mean: Float64Array,
  { offset, length }: ParamsRange,
  params: Float32Array,
  began: Float32Array,
  share: number,
): void {
  for (let i = 0; i < length; i++) {
    mean[offset + i] = mean[offset + i]! + share * (began[i]! - params[offset + i]!);
  }
}

function discount(staleness: number): number {
  return 1 / Math.sqrt(1 + staleness);
}
