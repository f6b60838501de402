import { pow } from "../../shared/base/math.ts";
import { checkedRound, type RoundBounds } from "./checkedRound.ts";
import type { PlanOf } from "./planOf.ts";
import { roundParams } from "./roundParams.ts";
import type { Strategy } from "./strategy.ts";

const DEFAULT_EXPONENT = 0.5;

/**
 * FedAsync: every update is a round of its own and is mixed into the params, an old one less:
 *
 *   x = (1 - a) · x + a · (base + delta),   a = alpha · (1 + staleness)^-exponent
 *
 * `base` is what the client trained from, so base + delta is its model.
 * Source: Xie et al. 2019, Algorithm 1 with polynomial staleness, arXiv:1903.03934.
 * @throws RangeError unless a round takes one update.
 */
export function fedAsync({ alpha, exponent = DEFAULT_EXPONENT }: PlanOf<"fedasync">, bounds: RoundBounds): Strategy {
  if (bounds.maxUpdates !== 1) {
    throw new RangeError(`fedasync expected a cohort of 1, got ${bounds.maxUpdates}; fedbuff takes more at a time`);
  }
  return {
    needsBase: true,
    init: (params) => ({ params, vectors: new Map() }),
    handouts: ({ params }) => new Map([["params", params]]),
    openRound({ params, vectors }) {
      let local: Float64Array | undefined;
      let mixing = 0;
      return checkedRound({
        bounds,
        needsBase: true,
        fold({ base, delta, staleness }) {
          local = Float64Array.from(delta, (d, i) => base![i]! + d);
          mixing = alpha * pow(1 + staleness, -exponent);
        },
        finish: () => ({
          params: roundParams(params, local!, (x, theirs) => (1 - mixing) * x + mixing * theirs),
          vectors,
        }),
      });
    },
  };
}
