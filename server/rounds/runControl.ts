import type { Logger } from "../logger.ts";
import type { RunEnd } from "../store/runHistory.ts";
import type { Store } from "../store/store.ts";
import { OpeningRefused } from "./openingRefused.ts";

/** Whether a run may go on: an operator's word, which the journal keeps, and faults of this process, which it does not. */
export interface RunControl {
  /** Why no round is opened; undefined while all is well. */
  readonly paused: string | undefined;
  /** Whether an operator paused it, and so has to resume it. */
  readonly isHeld: boolean;
  /** Why the run is over before its last round. */
  readonly stopped: RunEnd | undefined;
  /** The coordinator cannot write, or has a fault of its own: no more rounds, but what is durable stays served. */
  fault(error: unknown): void;
  /** The fault is mended. */
  clearFault(): void;
  hold(reason: string): Promise<void>;
  release(): Promise<void>;
  end(end: RunEnd): Promise<void>;
}

export interface RunControlOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** As the journal has them. */
  readonly held: string | undefined;
  readonly stopped: RunEnd | undefined;
  readonly onChange: () => void;
  /** A fault was noted: time to see whether it mends. */
  readonly onFault: () => void;
}

/** Longest reason that the journal takes. */
const MAX_REASON_CHARS = 1000;

export function createRunControl({ store, logger, onChange, onFault, ...recovered }: RunControlOptions): RunControl {
  let { held, stopped } = recovered;
  let fault: string | undefined;

  return {
    get paused() {
      return fault ?? (held === undefined ? undefined : `paused by an operator: ${held}`);
    },
    get isHeld() {
      return held !== undefined;
    },
    get stopped() {
      return stopped;
    },
    fault(error) {
      const { readOnlyReason } = store; // says itself how to mend it
      const cause = error instanceof Error ? error.message : String(error);
      const mend = error instanceof OpeningRefused ? "then it goes on by itself" : "mend the cause, then start again";
      fault = `${readOnlyReason ?? `${cause}; ${mend}`}: the run goes on where it was`;
      logger.error({ reason: fault }, "paused");
      logger.debug({ err: error }, "paused");
      onChange();
      onFault();
    },
    clearFault() {
      if (fault === undefined) return;
      fault = undefined;
      logger.info("going on");
      onChange();
    },
    async hold(reason) {
      const text = reason.slice(0, MAX_REASON_CHARS);
      if (held === text) return;
      await store.append({ kind: "run-paused", reason: text });
      held = text;
      onChange();
    },
    async release() {
      if (held === undefined) return;
      await store.append({ kind: "run-resumed" });
      held = undefined;
      onChange();
    },
    async end({ reason: whole, isReached }) {
      if (stopped !== undefined) return;
      const reason = whole.slice(0, MAX_REASON_CHARS);
      await store.append({ kind: "run-stopped", reason, ...(isReached && { isReached }) });
      stopped = { reason, isReached };
      onChange();
    },
  };
}
