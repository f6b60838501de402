import type { CoordinatorView } from "../rounds/coordinatorView.ts";
import type { MemberStatus, RoundPhase } from "../rounds/roundState.ts";
import type { MetricRegistry } from "./metricRegistry.ts";

const PHASES: readonly (RoundPhase | "finished")[] = [
  "idle",
  "announced",
  "collecting",
  "sealed",
  "aggregated",
  "committed",
  "aborted",
  "finished",
];

/** What of a run is read when somebody asks. */
export type WatchedRun = Pick<
  CoordinatorView,
  "state" | "isFinished" | "paused" | "clients" | "uplinkBytes" | "downlinkBytes"
>;

/** Brings the gauges of one run up to what its view says. */
export function setRunGauges(registry: MetricRegistry, run: string, view: WatchedRun): void {
  const { state } = view;
  const phase = view.isFinished ? "finished" : state.phase;
  for (const name of PHASES) registry.set("headwater_phase", name === phase ? 1 : 0, { run, phase: name });
  registry.set("headwater_round", state.round, { run });
  registry.set("headwater_paused", view.paused === undefined ? 0 : 1, { run });
  registry.set("headwater_clients", view.clients.size, { run });
  for (const [status, count] of membersByStatus(state.members)) {
    registry.set("headwater_cohort_members", count, { run, state: status });
  }
  registry.countTo("headwater_received_bytes_total", { run }, view.uplinkBytes);
  registry.countTo("headwater_sent_bytes_total", { run }, view.downlinkBytes);
}

function membersByStatus(members: readonly { readonly status: MemberStatus }[]): ReadonlyMap<MemberStatus, number> {
  const counts = new Map<MemberStatus, number>(
    (["offered", "working", "appending", "answered", "declined", "dropped", "left-behind"] as const).map((s) => [s, 0]),
  );
  for (const { status } of members) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
