import type { Logger } from "../logger.ts";
import type { RunEnd } from "../store/runHistory.ts";
import type { Store } from "../store/store.ts";
import { isMendable } from "../store/writeFailure.ts";
import { OpeningRefused } from "./openingRefused.ts";

/** Whether a run may go on: an operator's word, which the journal keeps, and faults of this process, which it does not. */
export interface RunControl {
  /** Why no round is opened; undefined while all is well. */
  readonly paused: string | undefined;
  /** The same for anybody: an operator's words, or of a fault its kind alone, for the whole may name paths. */
  readonly pauseReason: string | undefined;
  /** Whether no round may be opened: paused, or somebody's word to that is on its way to the journal, where it comes first. */
  readonly isBarred: boolean;
  /** Why the run is over before its last round. */
  readonly stopped: RunEnd | undefined;
  /** The coordinator cannot write, or has a fault of its own: no more rounds, but what is durable stays served. */
  fault(error: unknown): void;
  /** The fault is mended. */
  clearFault(): void;
  hold(reason: string): Promise<void>;
  release(): Promise<void>;
  end(end: RunEnd): Promise<void>;
  /** What an operator asks for and the disk fails is a fault of the run as any other: it mends by itself. */
  asked(work: () => Promise<void>): Promise<void>;
  /** No round is opened while the work goes on, not even if somebody resumes the run meanwhile. */
  barring(work: () => Promise<void>): Promise<void>;
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
  let fault: { readonly whole: string; readonly kind: string } | undefined;
  let numBarring = 0;
  let last: Promise<void> = Promise.resolve();

  /** Words are written one after the other: each looks at what those before it came to. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = last.then(work);
    last = turn.catch(() => {}); // told to whoever said it
    return turn;
  }

  async function barring(work: () => Promise<void>): Promise<void> {
    numBarring++;
    try {
      await work();
    } finally {
      numBarring--;
    }
  }

  function noteFault(error: unknown): void {
    const { readOnlyReason } = store; // says itself how to mend it
    const cause = error instanceof Error ? error.message : String(error);
    const goesOn = error instanceof OpeningRefused || isMendable(error);
    const mend = goesOn ? "then it goes on by itself" : "mend the cause, then start again";
    const whole = `${readOnlyReason ?? `${cause}; ${mend}`}: the run goes on where it was`;
    fault = { whole, kind: kindOf(error, store) };
    logger.error({ reason: whole }, "paused");
    logger.debug({ err: error }, "paused");
    onChange();
    onFault();
  }

  return {
    get paused() {
      return fault?.whole ?? (held === undefined ? undefined : `paused by an operator: ${held}`);
    },
    get pauseReason() {
      return fault?.kind ?? held;
    },
    get stopped() {
      return stopped;
    },
    get isBarred() {
      return fault !== undefined || held !== undefined || numBarring > 0;
    },
    fault: noteFault,
    async asked(work) {
      try {
        await work();
      } catch (error) {
        if (store.readOnlyReason !== undefined) noteFault(error);
        throw error;
      }
    },
    clearFault() {
      if (fault === undefined) return;
      fault = undefined;
      logger.info("going on");
      onChange();
    },
    barring,
    async hold(reason) {
      const text = reason.slice(0, MAX_REASON_CHARS);
      await barring(() =>
        inTurn(async () => {
          if (held === text) return;
          await store.append({ kind: "run-paused", reason: text });
          held = text;
        }),
      );
      onChange();
    },
    async release() {
      await inTurn(async () => {
        if (held === undefined) return;
        await store.append({ kind: "run-resumed" });
        held = undefined;
      });
      onChange();
    },
    async end({ reason: whole, isReached }) {
      const reason = whole.slice(0, MAX_REASON_CHARS);
      await barring(() =>
        inTurn(async () => {
          if (stopped !== undefined) return;
          await store.append({ kind: "run-stopped", reason, ...(isReached && { isReached }) });
          stopped = { reason, isReached };
        }),
      );
      onChange();
    },
  };
}

/** What kind of fault it is and how to mend it, without a path. */
function kindOf(error: unknown, { readOnlyReason, canReopen }: Store): string {
  if (canReopen) return "a write to the disk failed; free space or mend it, then the run goes on by itself";
  if (readOnlyReason !== undefined) return "a write to the disk failed; check it, then start the coordinator again";
  if (error instanceof OpeningRefused) {
    return "the data folder holds more than it may; raise maxDisk, then the run goes on by itself";
  }
  return isMendable(error)
    ? "the system refused the coordinator a file; mend what its log names, then the run goes on by itself"
    : "a fault of the coordinator; mend what its log names, then start it again";
}
