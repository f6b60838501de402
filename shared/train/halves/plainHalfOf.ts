import type { StrategyPlan } from "../../protocol/strategyPlan.ts";
import { type ClientHalf, type HalfOptions, withProximal } from "./half.ts";
import { plainHalf } from "./plainHalf.ts";

/** What clients do for a strategy that asks for local training and at most a figure more; nothing for any other. */
export function plainHalfOf(strategy: StrategyPlan, options: HalfOptions): ClientHalf | undefined {
  switch (strategy.kind) {
    case "fedavg":
    case "fedavgm":
    case "fedadagrad":
    case "fedadam":
    case "fedyogi":
      if (strategy.client === undefined) return plainHalf(options);
      if (strategy.client.kind !== "fedprox") return undefined;
      return plainHalf({ ...options, plan: withProximal(options.plan, strategy.client.mu, "fedprox") });
    case "fedsgd":
      return plainHalf({ ...options, isOneBatch: true });
    case "fednova":
      return plainHalf({ ...options, metric: "numSteps" });
    case "qfedavg":
    case "afl":
      return plainHalf({ ...options, metric: "startLoss" });
    case "fedbuff":
    case "fedasync":
    case "hierarchical":
      return plainHalf(options);
    case "scaffold":
    case "feddyn":
    case "ifca":
      return undefined;
  }
}
