import type { Model } from "../models/model.ts";
import type { StrategyPlan } from "../protocol/strategyPlan.ts";

/**
 * Refuses a run whose clients the server's own training cannot stand for: in FLTrust it has to be theirs, from the same params on
 * (Cao et al. 2021, Algorithm 2, arXiv:2012.13995), or honest updates point away from it.
 *
 * The server's training remembers nothing, so that a round computed again has the same one. Private params would stay as the
 * model begins while those of clients move on: the head of FedPer and FedRep, and as much so scale and shift of FedBN. Private
 * statistics do not matter, for training normalises by those of the batch, nor frozen params, which all have alike.
 * @throws RangeError with the reason.
 */
export function assertRootComparable({ spec, document }: Model, strategy: StrategyPlan): void {
  const mend = 'or choose another "aggregation": {"kind":"multi-krum","byzantine":1}, say';
  const own = spec.entries.find(({ scope, kind }) => scope === "private" && kind === "trainable");
  if (own) {
    throw new RangeError(
      "fltrust expected a model whose trained params are all shared, for the coordinator's own training to begin as a client's, " +
        `got "${document.name}", where "${own.name}" stays with each client; leave out "personal" (and "fedrep"), ${mend}`,
    );
  }
  if ("client" in strategy && strategy.client?.kind === "moon") {
    throw new RangeError(
      'fltrust expected clients that train as the coordinator can, got "moon", which goes by each client\'s last model; ' +
        `choose "fedprox" or no "client", ${mend}`,
    );
  }
}
