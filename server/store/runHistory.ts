import { isIdentityEvent } from "./identityEvent.ts";
import type { JournalEvent, JournalEventOf } from "./journalEvent.ts";
import { CorruptStoreError } from "./storeErrors.ts";

/** The attempt that the journal ends in: opened, and neither committed nor aborted. */
interface OpenAttempt {
  readonly opened: JournalEventOf<"round-opened">;
  /** In the order of their acceptance. */
  readonly updates: readonly JournalEventOf<"update-accepted">[];
  /** Present once the set of updates was final. */
  readonly sealed: JournalEventOf<"round-sealed"> | undefined;
}

/** What is remembered of every commit: a run may have very many. */
type Commit = Pick<JournalEventOf<"round-committed">, "round" | "paramsHash">;

/** The end of a run before its last round. */
export interface RunEnd {
  readonly reason: string;
  /** By its objective, not by an operator. */
  readonly isReached: boolean;
}

/** A run as its journal tells it: what a coordinator needs to go on where it was stopped. */
export interface RunHistory {
  readonly created: JournalEventOf<"run-created"> | undefined;
  readonly commits: readonly Commit[];
  readonly lastCommit: JournalEventOf<"round-committed"> | undefined;
  readonly open: OpenAttempt | undefined;
  /** The last aborted attempt of the round that is due; undefined if it has not been tried. */
  readonly aborted: JournalEventOf<"round-aborted"> | undefined;
  /** Why an operator paused the run, if it is paused. */
  readonly paused: string | undefined;
  /** Why the run is over before its last round, if it is. */
  readonly stopped: RunEnd | undefined;
}

/**
 * Folds a journal's events into the state of the run.
 * @throws CorruptStoreError for events in an order that no coordinator writes.
 */
export function readRunHistory(events: Iterable<{ readonly event: JournalEvent; readonly seq: number }>): RunHistory {
  let created: JournalEventOf<"run-created"> | undefined;
  const commits: Commit[] = [];
  let lastCommit: JournalEventOf<"round-committed"> | undefined;
  let open:
    | { opened: OpenAttempt["opened"]; updates: JournalEventOf<"update-accepted">[]; sealed: OpenAttempt["sealed"] }
    | undefined;
  let aborted: JournalEventOf<"round-aborted"> | undefined;
  let paused: string | undefined;
  let stopped: RunEnd | undefined;

  for (const { event, seq } of events) {
    const misplaced = (why: string): CorruptStoreError =>
      new CorruptStoreError(`journal event ${seq} (${event.kind}) is out of place: ${why}`);
    if ((event.kind === "run-created") !== (created === undefined)) throw misplaced("run-created comes first, once");
    if (event.kind === "run-created") {
      created = event;
      continue;
    }
    if (isIdentityEvent(event)) continue;
    if (event.kind === "run-paused" || event.kind === "run-resumed") {
      paused = event.kind === "run-paused" ? event.reason : undefined;
      continue;
    }
    if (event.kind === "run-stopped") {
      if (open !== undefined) throw misplaced(`round ${open.opened.round} is still open`);
      stopped = { reason: event.reason, isReached: event.isReached === true };
      continue;
    }
    if (event.kind === "round-opened") {
      if (stopped !== undefined) throw misplaced("the run was stopped");
      const attempt = aborted === undefined ? 0 : aborted.attempt + 1;
      if (open !== undefined) throw misplaced(`round ${open.opened.round} is still open`);
      if (event.round !== commits.length || event.attempt !== attempt) {
        throw misplaced(`expected round ${commits.length} attempt ${attempt}`);
      }
      open = { opened: event, updates: [], sealed: undefined };
      continue;
    }
    if (open === undefined || open.opened.round !== event.round || open.opened.attempt !== event.attempt) {
      throw misplaced(`round ${event.round} attempt ${event.attempt} is not open`);
    }
    switch (event.kind) {
      case "update-accepted":
        if (open.sealed !== undefined) throw misplaced("the round was sealed");
        open.updates.push(event);
        break;
      case "round-sealed":
        if (open.sealed !== undefined) throw misplaced("the round was sealed before");
        open.sealed = event;
        break;
      case "round-committed":
        commits.push({ round: event.round, paramsHash: event.paramsHash });
        lastCommit = event;
        open = undefined;
        aborted = undefined;
        break;
      case "round-aborted":
        aborted = event;
        open = undefined;
        break;
    }
  }
  return { created, commits, lastCommit, open, aborted, paused, stopped };
}
