/** How a metric is declared: its name, its labels and the sentence that the documentation repeats. */
export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const run = ["run"] as const;
/** Seconds: from a fast disk's commit to a round with people in it. */
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const SLOW = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

const counter = (unit: string, help: string, labels: readonly string[] = run): MetricDefinition => ({
  type: "counter",
  unit,
  help,
  labels,
});
const gauge = (unit: string, help: string, labels: readonly string[] = run): MetricDefinition => ({
  type: "gauge",
  unit,
  help,
  labels,
});
const histogram = (buckets: readonly number[], help: string): MetricDefinition => ({
  type: "histogram",
  unit: "seconds",
  help,
  labels: run,
  buckets,
});

/**
 * Every metric of a coordinator. Names and meanings are a contract with dashboards and alerts; docs/operations.md repeats
 * this table and a test ties the two. No label ever names a client: their number has no bound.
 */
export const METRICS = {
  headwater_rounds_committed_total: counter("rounds", "Rounds whose new params are durable."),
  headwater_rounds_aborted_total: counter(
    "attempts",
    "Attempts that came to nothing: quorum missed or result not finite.",
  ),
  headwater_round_duration_seconds: histogram(
    SLOW,
    "From the first opening of a round to its commit, aborted attempts included.",
  ),
  headwater_round: gauge("number", "The round that the run is in, from 0."),
  headwater_phase: gauge("0 or 1", "1 for the phase that the run is in, 0 for the others.", ["run", "phase"]),
  headwater_paused: gauge("0 or 1", "1 while no round is opened although clients may be there."),
  headwater_cohort_members: gauge("clients", "Members of the open cohort by what they have done.", ["run", "state"]),
  headwater_clients: gauge("clients", "Clients that are connected and have proved their key."),
  headwater_updates_accepted_total: counter("updates", "Updates that are durable and have a receipt."),
  headwater_updates_rejected_total: counter("updates", "Updates refused for what they are, by error code.", [
    "run",
    "code",
  ]),
  headwater_update_verification_seconds: histogram(QUICK, "From the last byte of an update to the end of its checks."),
  headwater_aggregation_seconds: histogram(QUICK, "From the sealed set of updates to the next params."),
  headwater_evaluation_seconds: histogram(QUICK, "Judging new params on the coordinator's test set."),
  headwater_store_commit_seconds: histogram(QUICK, "Making one journal event durable."),
  headwater_store_blob_seconds: histogram(QUICK, "Making one blob (an update, params) durable."),
  headwater_store_written_bytes_total: counter("bytes", "Bytes of blobs written."),
  headwater_store_failures_total: counter("writes", "Writes that failed; after the first the store takes no more."),
  headwater_received_bytes_total: counter("bytes", "Bytes of updates received."),
  headwater_sent_bytes_total: counter("bytes", "Bytes of params sent."),
  headwater_peer_faults_total: counter("messages", "Messages refused, by error code.", ["code"]),
  headwater_limit_hits_total: counter("events", "Times that a limit held something back, by limit.", ["limit"]),
  headwater_sockets: gauge("sockets", "Open sockets of clients, proved or not.", []),
  headwater_event_readers: gauge("streams", "Open streams of /api/events.", []),
  headwater_event_loop_lag_seconds: gauge("seconds", "How late timers ran in the last 10 s, by quantile.", [
    "quantile",
  ]),
  headwater_resident_memory_bytes: gauge("bytes", "Memory of the process that is in RAM.", []),
  headwater_heap_used_bytes: gauge("bytes", "JavaScript objects in memory.", []),
  headwater_cpu_seconds_total: counter("seconds", "CPU time of the process, user and system.", []),
  headwater_disk_used_bytes: gauge("bytes", "What the data folder holds, as last measured.", []),
  headwater_disk_limit_bytes: gauge("bytes", "What the data folder may hold before no more rounds are opened.", []),
  headwater_ready: gauge("0 or 1", 'What /readyz says, by the reason it gives; "OK" when it is ready.', ["reason"]),
  headwater_config_reloads_total: counter("reloads", "Times the configuration was read again, by result.", ["result"]),
  headwater_trace_spans_total: counter("spans", "Spans for the trace collector, by result.", ["result"]),
  headwater_build_info: gauge("1", "Always 1; its labels say what runs.", ["version", "node"]),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;
