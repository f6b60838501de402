import type { Clock } from "../../shared/base/clock.ts";
import type { RoundCoordinator } from "../rounds/coordinator.ts";
import type { CoordinatorPorts } from "../rounds/run.ts";
import type { OnLimit } from "./limitNames.ts";
import { observedAccept } from "./observedAccept.ts";
import { observedStore } from "./observedStore.ts";
import type { ObserveRun } from "./runObservation.ts";

type MayOpen = () => Promise<string | undefined>;

/**
 * Puts itself around the ports of a run and sees from there what it does; the rounds themselves know nothing of it, and
 * stay the same whether anybody watches or not.
 */
export interface RunTelemetry {
  ports(ports: CoordinatorPorts): CoordinatorPorts;
  mayOpen(mayOpen: MayOpen | undefined): MayOpen;
  coordinator(coordinator: RoundCoordinator): RoundCoordinator;
  readonly onLimit: OnLimit;
}

export interface RunTelemetryOptions {
  readonly observers: readonly ObserveRun[];
  readonly clock: Clock;
  readonly onLimit: OnLimit;
}

export function createRunTelemetry({ observers, clock, onLimit }: RunTelemetryOptions): RunTelemetry {
  const { nowMs } = clock;
  const observe: ObserveRun = (observation) => {
    for (const observer of observers) observer(observation);
  };

  function observedEvaluate(
    evaluate: NonNullable<CoordinatorPorts["evaluate"]>,
  ): NonNullable<CoordinatorPorts["evaluate"]> {
    return async (params) => {
      const startMs = nowMs();
      const metrics = await evaluate(params);
      observe({ kind: "evaluate", startMs, endMs: nowMs() });
      return metrics;
    };
  }

  return {
    ports: ({ store, evaluate, ...others }) => ({
      ...others,
      store: observedStore(store, observe, nowMs),
      ...(evaluate && { evaluate: observedEvaluate(evaluate) }),
    }),
    mayOpen: (mayOpen) => async () => {
      const startMs = nowMs();
      const obstacle = await mayOpen?.();
      observe({ kind: "may-open", startMs, endMs: nowMs() });
      return obstacle;
    },
    coordinator: (coordinator) => ({ ...coordinator, accept: observedAccept(coordinator.accept, observe, nowMs) }),
    onLimit,
  };
}
