import type { MetricRegistry } from "./metricRegistry.ts";
import type { ObserveRun, RunObservation } from "./runObservation.ts";
import { createUpdateTimings } from "./updateTimings.ts";

/** Refusals that say nothing of the update itself: the same one may be sent again, or what it began at is lost. */
const NOT_ABOUT_THE_UPDATE = [
  "RATE_LIMITED",
  "UNAVAILABLE",
  "UPLOAD_OUT_OF_ORDER",
  "INTERNAL",
  "UNAUTHENTICATED",
  "UNKNOWN_PARAMS",
];

/** Counters that are there before anything is counted: an alert on something that never came needs them. */
const FROM_ZERO = [
  "headwater_rounds_committed_total",
  "headwater_rounds_aborted_total",
  "headwater_updates_accepted_total",
  "headwater_store_failures_total",
] as const;

/** Counts and measures what one run does. */
export function runMetrics(registry: MetricRegistry, run: string): ObserveRun {
  const labels = { run };
  const timings = createUpdateTimings();
  for (const name of FROM_ZERO) registry.add(name, labels, 0);
  let openedMs: number | undefined;
  let sealedMs: number | undefined;

  function appended({ event, startMs, endMs, error }: Extract<RunObservation, { kind: "append" }>): void {
    if (error !== undefined) {
      registry.add("headwater_store_failures_total", labels);
      return;
    }
    registry.observe("headwater_store_commit_seconds", (endMs - startMs) / 1000, labels);
    if (event.kind === "round-opened") {
      if (event.attempt === 0) openedMs = startMs;
    } else if (event.kind === "update-accepted") {
      registry.add("headwater_updates_accepted_total", labels);
    } else if (event.kind === "round-sealed") {
      sealedMs = endMs;
    } else if (event.kind === "round-aborted") {
      registry.add("headwater_rounds_aborted_total", labels);
    } else if (event.kind === "round-committed") {
      registry.add("headwater_rounds_committed_total", labels);
      const nextMs = timings.blobStartMs(event.paramsHash);
      if (sealedMs !== undefined && nextMs !== undefined) {
        registry.observe("headwater_aggregation_seconds", (nextMs - sealedMs) / 1000, labels);
      }
      if (openedMs !== undefined) {
        registry.observe("headwater_round_duration_seconds", (endMs - openedMs) / 1000, labels);
      }
      openedMs = undefined;
      sealedMs = undefined;
    }
  }

  return (observation) => {
    const update = timings.take(observation);
    if (update !== undefined) {
      const seconds = (update.verifiedMs - update.receivedMs) / 1000;
      registry.observe("headwater_update_verification_seconds", seconds, labels);
    }
    const { kind, startMs, endMs } = observation;
    if (kind === "append") {
      appended(observation);
    } else if (kind === "put-blob") {
      if (observation.error !== undefined) {
        registry.add("headwater_store_failures_total", labels);
        return;
      }
      registry.observe("headwater_store_blob_seconds", (endMs - startMs) / 1000, labels);
      registry.add("headwater_store_written_bytes_total", labels, observation.numBytes);
    } else if (kind === "evaluate") {
      registry.observe("headwater_evaluation_seconds", (endMs - startMs) / 1000, labels);
    } else if (kind === "message" && observation.code !== undefined) {
      const { event, code } = observation;
      if ((event !== "submit" && event !== "chunk") || NOT_ABOUT_THE_UPDATE.includes(code)) return;
      registry.add("headwater_updates_rejected_total", { run, code });
    }
  };
}
