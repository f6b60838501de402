import type { JournalEvent } from "../store/journalEvent.ts";
import type { ClientEvent } from "../transport/connection.ts";

interface Timed {
  /** Milliseconds of the observer's clock. */
  readonly startMs: number;
  readonly endMs: number;
}

/** One finished call over the ports of a run: what telemetry is drawn from. */
export type RunObservation =
  /** A journal event that is durable, or could not be made so. */
  | (Timed & { readonly kind: "append"; readonly event: JournalEvent; readonly error?: string })
  | (Timed & { readonly kind: "put-blob"; readonly numBytes: number; readonly hash?: string; readonly error?: string })
  /** The new params were judged on the test set. */
  | (Timed & { readonly kind: "evaluate" })
  /** It was asked whether a round may be opened: the first thing that selecting a cohort does. */
  | (Timed & { readonly kind: "may-open" })
  | (Timed & {
      readonly kind: "message";
      readonly event: ClientEvent;
      /** Of `accept`, `decline`, `submit` and `chunk`, 32 hex digits, as the peer wrote it. */
      readonly ticket?: string;
      /** It was answered with a receipt. */
      readonly hasReceipt: boolean;
      /** Why it was refused. */
      readonly code?: string;
    });

/** Told of every call, once it is over. Never throws. */
export type ObserveRun = (observation: RunObservation) => void;
