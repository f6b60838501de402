import type { Sha256 } from "../../shared/base/hash.ts";
import { assignmentSpanId, roundTrace } from "../../shared/telemetry/roundTrace.ts";
import type { Tracer } from "../../shared/telemetry/span.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import type { Offer } from "../core/sessionState.ts";

export interface ClientTracesOptions {
  readonly tracer: Tracer;
  readonly sha256: Sha256;
  /** Milliseconds since 1970. */
  readonly unixMs: () => number;
  /** A fresh span id: 16 hex digits. */
  readonly createSpanId: () => string;
}

/** What the client does for an assignment now, and since when. */
interface Step {
  readonly name: "download" | "train" | "upload";
  readonly startMs: number;
}

/**
 * Tells what a client does for each assignment as spans of the coordinator's own trace of the round: `download`, `train`
 * and `upload`, below the assignment. Nothing but times, counts and how it ended is in them.
 */
export function clientTraces(options: ClientTracesOptions): (event: ClientEvent) => void {
  const { tracer, sha256, unixMs, createSpanId } = options;
  let runId: string | undefined;
  let step: Step | undefined;

  function enter(next: Step["name"] | undefined, offer: Offer, error?: string): void {
    const nowMs = unixMs();
    if (step !== undefined && runId !== undefined) {
      const { round, attempt, ticket } = offer;
      tracer.record({
        traceId: roundTrace({ runId, round, attempt }, sha256).traceId,
        parentSpanId: assignmentSpanId(ticket, sha256),
        spanId: createSpanId(),
        name: step.name,
        startMs: step.startMs,
        endMs: nowMs,
        attributes: { "headwater.round": round, "headwater.attempt": attempt },
        ...(error === undefined ? {} : { error }),
      });
    }
    step = next && { name: next, startMs: nowMs };
  }

  return (event) => {
    if (event.kind === "run") runId = event.plan.runId;
    else if (event.kind === "offered") enter("download", event.offer);
    else if (event.kind === "training") enter("train", event.offer);
    else if (event.kind === "uploading") enter("upload", event.offer);
    else if (event.kind === "receipt") enter(undefined, event.offer);
    else if (event.kind === "abandoned" || event.kind === "declined") enter(undefined, event.offer, event.reason);
  };
}
