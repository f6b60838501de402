import type { Sha256 } from "../../shared/base/hash.ts";
import { assignmentSpanId, type RoundTrace, roundTrace } from "../../shared/telemetry/roundTrace.ts";
import type { Span, Tracer } from "../../shared/telemetry/span.ts";
import { publicName } from "../rounds/activity.ts";
import type { ObserveRun, RunObservation } from "./runObservation.ts";
import { createUpdateTimings, type UpdateTiming } from "./updateTimings.ts";

export interface RunTracesOptions {
  readonly tracer: Tracer;
  readonly runId: string;
  readonly name: string;
  readonly sha256: Sha256;
  /** Milliseconds of the observer's clock as milliseconds since 1970. */
  readonly unixMs: (clockMs: number) => number;
  /** A fresh span id: 16 hex digits. */
  readonly createSpanId: () => string;
}

/** A member of the cohort between its offer and its receipt. */
interface Assignment {
  readonly clientId: string;
  submitMs?: number;
  code?: string;
}

interface OpenAttempt extends RoundTrace {
  readonly round: number;
  readonly attempt: number;
  readonly startMs: number;
  readonly offeredMs: number;
  /** By ticket; gone once its span is told. */
  readonly assignments: Map<string, Assignment>;
  sealedMs?: number;
}

/**
 * Tells each attempt at a round as one trace: `round` over all, in it `select`, one `assignment` per member (in it
 * `submit`, `verify`, `journal`), `aggregate`, `evaluate` and `commit`. Clients add `train` and `upload` to theirs. An
 * attempt that a restart resumed is not told: its beginning was in another process.
 */
export function runTraces(options: RunTracesOptions): ObserveRun {
  const { tracer, runId, sha256, unixMs, createSpanId } = options;
  const timings = createUpdateTimings();
  let open: OpenAttempt | undefined;
  let previous: RoundTrace | undefined;
  let selectMs: number | undefined;

  /** `more` may name the span's id and another parent than the round. */
  function tell(name: string, startMs: number, endMs: number, more: Partial<Span> = {}): void {
    if (open === undefined) return;
    const ids = { traceId: open.traceId, spanId: createSpanId(), parentSpanId: open.roundSpanId };
    tracer.record({ name, ...ids, startMs: unixMs(startMs), endMs: unixMs(endMs), ...more });
  }

  function tellAssignment(ticket: string, { clientId, code }: Assignment, endMs: number, outcome: string): void {
    const attributes = { "headwater.client": publicName(clientId), "headwater.outcome": outcome };
    const error = code === undefined || outcome === "accepted" ? {} : { error: code };
    const spanId = assignmentSpanId(ticket, sha256);
    tell("assignment", open?.offeredMs ?? endMs, endMs, { spanId, attributes, ...error });
    open?.assignments.delete(ticket);
  }

  function tellUpdate({ ticket, receivedMs, verifiedMs, durableMs }: UpdateTiming, endMs: number): void {
    const assignment = open?.assignments.get(ticket);
    if (assignment === undefined) return;
    const parent = { parentSpanId: assignmentSpanId(ticket, sha256) };
    tell("submit", assignment.submitMs ?? receivedMs, receivedMs, parent);
    tell("verify", receivedMs, verifiedMs, parent);
    tell("journal", verifiedMs, durableMs, parent);
    tellAssignment(ticket, assignment, endMs, "accepted");
  }

  function begin({ event, startMs, endMs }: Extract<RunObservation, { kind: "append" }>): void {
    if (event.kind !== "round-opened") return;
    const { round, attempt, members } = event;
    const assignments = new Map(members.map(({ clientId, ticket }) => [ticket, { clientId }]));
    const beganMs = selectMs ?? startMs;
    const trace = roundTrace({ runId, round, attempt }, sha256);
    open = { ...trace, round, attempt, startMs: beganMs, offeredMs: endMs, assignments };
    tell("select", beganMs, endMs, { attributes: { "headwater.cohort": members.length } });
  }

  /** The attempt is over: what its members still had open ends with it. */
  function end(endMs: number, error?: string): void {
    if (open === undefined) return;
    const { round, attempt, traceId, roundSpanId, startMs } = open;
    for (const [ticket, assignment] of [...open.assignments]) {
      tellAssignment(ticket, assignment, endMs, assignment.code === undefined ? "unanswered" : "rejected");
    }
    tracer.record({
      name: "round",
      traceId,
      spanId: roundSpanId,
      startMs: unixMs(startMs),
      endMs: unixMs(endMs),
      attributes: { "headwater.run": options.name, "headwater.round": round, "headwater.attempt": attempt },
      ...(previous && { links: [{ traceId: previous.traceId, spanId: previous.roundSpanId }] }),
      ...(error === undefined ? {} : { error }),
    });
    previous = { traceId, roundSpanId };
    open = undefined;
  }

  function appended(observation: Extract<RunObservation, { kind: "append" }>): void {
    const { event, startMs, endMs, error } = observation;
    if (error !== undefined) end(endMs, "the journal could not be written");
    else if (event.kind === "round-opened") begin(observation);
    else if (event.kind === "round-aborted") end(endMs, event.reason);
    else if (event.kind === "round-sealed" && open !== undefined) open.sealedMs = endMs;
    else if (event.kind === "round-committed") {
      const nextMs = timings.blobStartMs(event.paramsHash);
      if (open?.sealedMs !== undefined && nextMs !== undefined) tell("aggregate", open.sealedMs, nextMs);
      tell("commit", startMs, endMs, { attributes: { "headwater.updates": event.headerHashes.length } });
      end(endMs);
    }
  }

  return (observation) => {
    const update = timings.take(observation);
    if (update !== undefined) tellUpdate(update, observation.endMs);
    if (observation.kind === "may-open") selectMs = observation.startMs;
    else if (observation.kind === "append") appended(observation);
    else if (observation.kind === "evaluate") tell("evaluate", observation.startMs, observation.endMs);
    else if (observation.kind === "message" && observation.ticket !== undefined) {
      const assignment = open?.assignments.get(observation.ticket);
      if (assignment === undefined) return;
      if (observation.event === "submit") assignment.submitMs ??= observation.startMs;
      if (observation.code !== undefined) assignment.code = observation.code;
    }
  };
}
