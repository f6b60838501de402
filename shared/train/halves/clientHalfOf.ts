import type { ClientHalfPlan, StrategyPlan } from "../../protocol/strategyPlan.ts";
import { dittoHalf } from "./dittoHalf.ts";
import { fedDynHalf } from "./fedDynHalf.ts";
import { fedRepHalf } from "./fedRepHalf.ts";
import type { ClientHalf, HalfOptions } from "./half.ts";
import { ifcaHalf } from "./ifcaHalf.ts";
import { moonHalf } from "./moonHalf.ts";
import { plainHalfOf } from "./plainHalfOf.ts";
import { scaffoldHalf } from "./scaffoldHalf.ts";

/** What clients do for a strategy. @throws RangeError if it cannot be followed with this model or local plan. */
export function clientHalfOf(strategy: StrategyPlan, options: HalfOptions): ClientHalf {
  const plain = plainHalfOf(strategy, options);
  if (plain) return plain;
  switch (strategy.kind) {
    case "scaffold":
      return scaffoldHalf(options);
    case "feddyn":
      return fedDynHalf({ ...options, alpha: strategy.alpha });
    case "ifca":
      return ifcaHalf({ ...options, clusters: strategy.clusters });
  }
  const client: ClientHalfPlan | undefined = "client" in strategy ? strategy.client : undefined;
  switch (client?.kind) {
    case "fedrep":
      return fedRepHalf({ ...options, headEpochs: client.headEpochs });
    case "ditto":
      return dittoHalf({ ...options, lambda: client.lambda, epochs: client.epochs ?? options.plan.epochs });
    case "moon":
      return moonHalf({ ...options, contrast: { mu: client.mu, temperature: client.temperature } });
    default:
      throw new TypeError(`clients expected a strategy with a half of theirs, got "${strategy.kind}"`);
  }
}
