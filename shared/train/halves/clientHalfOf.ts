import type { ClientHalfPlan, StrategyPlan } from "../../protocol/strategyPlan.ts";
import { dittoHalf } from "./dittoHalf.ts";
import { fedDynHalf } from "./fedDynHalf.ts";
import { fedRepHalf } from "./fedRepHalf.ts";
import { type ClientHalf, type HalfOptions, withProximal } from "./half.ts";
import { ifcaHalf } from "./ifcaHalf.ts";
import { moonHalf } from "./moonHalf.ts";
import { plainHalf } from "./plainHalf.ts";
import { scaffoldHalf } from "./scaffoldHalf.ts";

/** What clients do for a strategy. @throws RangeError if it cannot be followed with this model or local plan. */
export function clientHalfOf(strategy: StrategyPlan, options: HalfOptions): ClientHalf {
  switch (strategy.kind) {
    case "fedavg":
    case "fedavgm":
    case "fedadagrad":
    case "fedadam":
    case "fedyogi":
      return strategy.client ? namedHalf(strategy.client, options) : plainHalf(options);
    case "fedsgd":
      return plainHalf({ ...options, isOneBatch: true });
    case "fednova":
      return plainHalf({ ...options, metric: "numSteps" });
    case "qfedavg":
    case "afl":
      return plainHalf({ ...options, metric: "startLoss" });
    case "scaffold":
      return scaffoldHalf(options);
    case "feddyn":
      return fedDynHalf({ ...options, alpha: strategy.alpha });
    case "ifca":
      return ifcaHalf({ ...options, clusters: strategy.clusters });
    case "fedbuff":
    case "fedasync":
    case "hierarchical":
      return plainHalf(options);
  }
}

function namedHalf(client: ClientHalfPlan, options: HalfOptions): ClientHalf {
  switch (client.kind) {
    case "fedprox":
      return plainHalf({ ...options, plan: withProximal(options.plan, client.mu, "fedprox") });
    case "fedrep":
      return fedRepHalf({ ...options, headEpochs: client.headEpochs });
    case "ditto":
      return dittoHalf({ ...options, lambda: client.lambda, epochs: client.epochs ?? options.plan.epochs });
    case "moon":
      return moonHalf({ ...options, contrast: { mu: client.mu, temperature: client.temperature } });
  }
}
