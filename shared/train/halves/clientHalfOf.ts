import type { StrategyPlan } from "../../protocol/strategyPlan.ts";
import type { ClientHalf, HalfOptions } from "./half.ts";
import { withProximal } from "./half.ts";
import { plainHalf } from "./plainHalf.ts";

/** What clients do for a strategy. @throws RangeError if it cannot be followed with this model or local plan. */
export function clientHalfOf(strategy: StrategyPlan, options: HalfOptions): ClientHalf {
  switch (strategy.kind) {
    case "fedavg":
    case "fedavgm":
    case "fedadagrad":
    case "fedadam":
    case "fedyogi":
      if (strategy.client?.kind === "fedprox") {
        return plainHalf({ ...options, plan: withProximal(options.plan, strategy.client.mu, "fedprox") });
      }
      return plainHalf(options);
    case "fedsgd":
      return plainHalf({ ...options, isOneBatch: true });
    case "fednova":
      return plainHalf({ ...options, metric: "numSteps" });
    case "qfedavg":
    case "afl":
      return plainHalf({ ...options, metric: "startLoss" });
    default:
      return plainHalf(options);
  }
}
