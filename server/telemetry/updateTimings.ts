import type { RunObservation } from "./runObservation.ts";

/** Milliseconds of the observer's clock. */
export interface UpdateTiming {
  readonly ticket: string;
  readonly clientId: string;
  /** Its last byte came. */
  readonly receivedMs: number;
  /** Every check was passed, and its first write began. */
  readonly verifiedMs: number;
  /** It was durable. */
  readonly durableMs: number;
}

interface Attempt {
  /** clientId -> ticket */
  readonly tickets: ReadonlyMap<string, string>;
  /** Hash of a blob -> when its write began. */
  readonly blobs: Map<string, number>;
  /** ticket -> what the journal told of its update. */
  readonly journaled: Map<string, Omit<UpdateTiming, "receivedMs">>;
}

/** When the write of a blob began, and the whole way of an update, put together from the calls it caused. */
export interface UpdateTimings {
  /** Takes every observation in turn; answers with the timing of the update that it completes. */
  take(observation: RunObservation): UpdateTiming | undefined;
  blobStartMs(hash: string): number | undefined;
}

/** An attempt that a restart resumed has no timings: its opening was observed by the process before. */
export function createUpdateTimings(): UpdateTimings {
  let attempt: Attempt | undefined;

  return {
    take(observation) {
      if (observation.kind === "append" && observation.event.kind === "round-opened") {
        const tickets = new Map(observation.event.members.map(({ clientId, ticket }) => [clientId, ticket]));
        attempt = { tickets, blobs: new Map(), journaled: new Map() };
      } else if (attempt === undefined) {
        return undefined;
      } else if (observation.kind === "put-blob" && observation.hash !== undefined) {
        attempt.blobs.set(observation.hash, observation.startMs);
      } else if (observation.kind === "append" && observation.event.kind === "update-accepted") {
        const { clientId, payloadHash } = observation.event;
        const ticket = attempt.tickets.get(clientId);
        const verifiedMs = attempt.blobs.get(payloadHash);
        if (ticket === undefined || verifiedMs === undefined || observation.error !== undefined) return undefined;
        attempt.journaled.set(ticket, { ticket, clientId, verifiedMs, durableMs: observation.endMs });
      } else if (observation.kind === "message" && observation.event === "chunk" && observation.hasReceipt) {
        const journaled = attempt.journaled.get(observation.ticket ?? "");
        if (journaled === undefined) return undefined;
        attempt.journaled.delete(journaled.ticket);
        return { ...journaled, receivedMs: Math.min(observation.startMs, journaled.verifiedMs) };
      }
      return undefined;
    },
    blobStartMs: (hash) => attempt?.blobs.get(hash),
  };
}
