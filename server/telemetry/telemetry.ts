import type { Clock } from "../../shared/base/clock.ts";
import type { ErrorCode } from "../../shared/base/errors.ts";
import type { OtlpExporter } from "../../shared/telemetry/otlpExporter.ts";
import { nodeSha256 } from "../store/nodeSha256.ts";
import { systemClock } from "../systemClock.ts";
import { LIMIT_NAMES, type LimitName } from "./limitNames.ts";
import { createLoopMonitor, type LoopMonitor } from "./loopMonitor.ts";
import { createMetricRegistry } from "./metricRegistry.ts";
import { setRunGauges, type WatchedRun } from "./runGauges.ts";
import { runMetrics } from "./runMetrics.ts";
import type { ObserveRun } from "./runObservation.ts";
import { createRunTelemetry, type RunTelemetry } from "./runTelemetry.ts";
import { runTraces } from "./runTraces.ts";

/** What of the process is read when somebody asks; absent where there is none. */
export interface WatchedProcess {
  /** Every run that is open, by name. */
  readonly runs: () => Iterable<readonly [name: string, view: WatchedRun]>;
  readonly sockets: () => number;
  readonly eventReaders: () => number;
  readonly disk: () => { readonly usedBytes: number | undefined; readonly maxBytes: number | undefined };
  /** Why the coordinator is not ready, in one word; undefined while it is. */
  readonly notReady: () => string | undefined;
}

export interface TelemetryOptions {
  /** What `headwater_build_info` says. */
  readonly version: string;
  /** The machine's own when absent. */
  readonly clock?: Clock;
  /** Where traces go; nowhere when absent. */
  readonly exporter?: OtlpExporter | undefined;
}

/** What a coordinator tells of itself: metrics always counted, traces where a collector is named. */
export interface Telemetry {
  /** Goes around the ports of one run. */
  forRun(run: { readonly name: string; readonly runId: string }): RunTelemetry;
  limitHit(limit: LimitName): void;
  peerFault(code: ErrorCode): void;
  reloaded(result: "ok" | "refused"): void;
  watch(process: WatchedProcess): void;
  readonly loop: LoopMonitor;
  readonly contentType: string;
  /** Prometheus' text format. */
  text(): Promise<string>;
  /** Sends what traces are left. */
  close(): Promise<void>;
}

/** Run names that get a label of their own; the rest share "other", so that their number stays bounded. */
const MAX_RUN_LABELS = 64;

export function createTelemetry({ version, clock = systemClock, exporter }: TelemetryOptions): Telemetry {
  const registry = createMetricRegistry();
  const loop = createLoopMonitor(clock);
  const runLabels = new Set<string>();
  let watched: WatchedProcess | undefined;
  // Alerts need a zero: a rise is seen only from a value that was there before.
  for (const limit of LIMIT_NAMES) registry.add("headwater_limit_hits_total", { limit }, 0);
  for (const result of ["ok", "refused"]) registry.add("headwater_config_reloads_total", { result }, 0);
  registry.set("headwater_build_info", 1, { version, node: process.versions.node });

  function limitHit(limit: LimitName): void {
    registry.add("headwater_limit_hits_total", { limit });
  }

  /** Of what a run refuses by rate: memory for uploads, and bytes of params over the socket. */
  const rates: ObserveRun = (observation) => {
    if (observation.kind !== "message" || observation.code !== "RATE_LIMITED") return;
    limitHit(observation.event === "params" ? "params-rate" : "uploads-memory");
  };

  function labelOf(name: string): string {
    if (!runLabels.has(name) && runLabels.size >= MAX_RUN_LABELS) return "other";
    runLabels.add(name);
    return name;
  }

  function readProcess(): void {
    const { heapUsed, rss } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    registry.set("headwater_heap_used_bytes", heapUsed);
    registry.set("headwater_resident_memory_bytes", rss);
    registry.countTo("headwater_cpu_seconds_total", {}, (user + system) / 1e6);
    for (const [quantile, seconds] of [
      ["0.5", loop.lag.p50],
      ["0.99", loop.lag.p99],
      ["1", loop.lag.max],
    ] as const) {
      registry.set("headwater_event_loop_lag_seconds", seconds, { quantile });
    }
    if (exporter === undefined) return;
    registry.countTo("headwater_trace_spans_total", { result: "sent" }, exporter.numSent);
    registry.countTo("headwater_trace_spans_total", { result: "dropped" }, exporter.numDropped);
  }

  function readWatched({ runs, sockets, eventReaders, disk, notReady }: WatchedProcess): void {
    // A run that is gone keeps its counters and loses its gauges.
    for (const name of ["phase", "round", "paused", "clients", "cohort_members"] as const) {
      registry.reset(`headwater_${name}`);
    }
    for (const [name, view] of runs()) setRunGauges(registry, labelOf(name), view);
    registry.set("headwater_sockets", sockets());
    registry.set("headwater_event_readers", eventReaders());
    const { usedBytes, maxBytes } = disk();
    if (usedBytes !== undefined) registry.set("headwater_disk_used_bytes", usedBytes);
    if (maxBytes !== undefined) registry.set("headwater_disk_limit_bytes", maxBytes);
    registry.reset("headwater_ready");
    const reason = notReady();
    registry.set("headwater_ready", reason === undefined ? 1 : 0, { reason: reason ?? "OK" });
  }

  return {
    forRun({ name, runId }) {
      const metrics = runMetrics(registry, labelOf(name));
      const common = { clock, onLimit: limitHit };
      if (exporter === undefined) return createRunTelemetry({ observers: [metrics, rates], ...common });
      const traces = runTraces({
        tracer: exporter,
        runId,
        name,
        sha256: nodeSha256,
        // The clock counts from the start of the process, as performance.now() does.
        unixMs: (clockMs) => performance.timeOrigin + clockMs,
        createSpanId: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
      });
      return createRunTelemetry({ observers: [metrics, rates, traces], ...common });
    },
    limitHit,
    peerFault: (code) => registry.add("headwater_peer_faults_total", { code }),
    reloaded: (result) => registry.add("headwater_config_reloads_total", { result }),
    watch(process) {
      watched = process;
    },
    loop,
    contentType: registry.contentType,
    text() {
      readProcess();
      if (watched !== undefined) readWatched(watched);
      return registry.text();
    },
    async close() {
      loop.close();
      await exporter?.close();
    },
  };
}
