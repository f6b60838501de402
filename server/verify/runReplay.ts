import type { ContentHash } from "../../shared/base/hash.ts";
import { isIdentityEvent } from "../store/identityEvent.ts";
import type { JournalEvent, JournalEventOf } from "../store/journalEvent.ts";
import type { Store } from "../store/store.ts";
import { CorruptStoreError } from "../store/storeErrors.ts";
import { createModelReplay, type ModelReplay, type ParamsFormat } from "./modelReplay.ts";
import { verifyCommit } from "./verifyCommit.ts";
import { createIdentityReplay, type IdentityReplay } from "./verifyIdentity.ts";
import type { VerifyPorts } from "./verifyPorts.ts";
import type { VerifyLevel, VerifyReport } from "./verifyReport.ts";
import { type VerifiedRun, verifyRunCreated } from "./verifyRunCreated.ts";
import { type VerifiedUpdate, verifyUpdate } from "./verifyUpdate.ts";

export interface RunReplayOptions extends VerifyPorts {
  readonly store: Store;
  readonly paramsFormat: (modelDocument: unknown) => ParamsFormat;
  /** How far to go at most. */
  readonly maxLevel: VerifyLevel;
}

/** What a replay counted. */
type ReplayFacts = Pick<
  VerifyReport,
  | "level"
  | "levelReason"
  | "numEvents"
  | "numCommits"
  | "numAborted"
  | "numUpdates"
  | "numModelsRecomputed"
  | "paramsHash"
>;

/** Checks a run event by event; the events come in an order that `readRunHistory` accepted. */
export interface RunReplay {
  readonly run: VerifiedRun | undefined;
  take(seq: number, event: JournalEvent): Promise<void>;
  /** After the last event: are the blobs that the run goes on from what they were? Then says what was counted. */
  finish(): Promise<ReplayFacts>;
}

/** An attempt being replayed. */
interface Attempt {
  readonly opened: JournalEventOf<"round-opened">;
  readonly updates: Map<string, VerifiedUpdate>;
  /** Of every accepted update, its signature right or not: header hash -> weight. */
  readonly weights: Map<string, number>;
  readonly clients: Set<string>;
  readonly tickets: Set<string>;
  sealed: JournalEventOf<"round-sealed"> | undefined;
}

export function createRunReplay({ store, paramsFormat, maxLevel, ...ports }: RunReplayOptions): RunReplay {
  const { problems, sha256 } = ports;
  const counts = { numEvents: 0, numCommits: 0, numAborted: 0, numUpdates: 0, numModelsRecomputed: 0 };
  let run: VerifiedRun | undefined;
  let identities: IdentityReplay | undefined;
  let format: ParamsFormat | undefined;
  let models: ModelReplay | undefined;
  let paramsBytes = 0;
  let paramsHash: ContentHash | null = null;
  let lastCommit: ContentHash | null = null;
  let attempt: Attempt | undefined;
  let levelReason: string | null = "the run's first event could not be used";

  async function begin(seq: number, event: JournalEventOf<"run-created">): Promise<void> {
    run = verifyRunCreated(seq, event, ports);
    identities = run && createIdentityReplay(run, ports);
    paramsHash = event.paramsHash;
    format = problems.attempt(seq, () => paramsFormat(event.model));
    if (run === undefined || format === undefined) return;
    paramsBytes = format.encode(new Float32Array(format.numParams)).length; // of every version; blobs may be damaged
    try {
      const initial = await store.getBlob(event.paramsHash);
      models = createModelReplay(run.plan, initial, { store, format, sha256 });
      levelReason = null;
    } catch (error) {
      problems.add(seq, `initial params: ${(error as Error).message}`);
      levelReason = "the initial params could not be read";
    }
    if (run.plan.retention === "headers") {
      models = undefined;
      levelReason = 'this run keeps updates only until their round is committed (retention "headers")';
    } else if (maxLevel === "headers") {
      models = undefined;
      levelReason = "no more was asked for";
    }
  }

  function open(seq: number, event: JournalEventOf<"round-opened">): void {
    problems.expectEqual(seq, "paramsHash", paramsHash, event.paramsHash);
    identities?.opened(event);
    attempt = {
      opened: event,
      updates: new Map(),
      weights: new Map(),
      clients: new Set(),
      tickets: new Set(event.members.map(({ ticket }) => ticket)),
      sealed: undefined,
    };
    const clients = new Set(event.members.map(({ clientId }) => clientId));
    if (clients.size !== event.members.length) problems.add(seq, "a client is in the cohort twice");
    if (attempt.tickets.size !== event.members.length) problems.add(seq, "two members have the same ticket");
  }

  function accept(seq: number, event: JournalEventOf<"update-accepted">, at: Attempt): void {
    counts.numUpdates++;
    if (at.clients.has(event.clientId)) {
      problems.add(seq, `client ${event.clientId} has a second update in round ${event.round}`);
    }
    if (at.weights.has(event.headerHash)) problems.add(seq, `update ${event.headerHash} was accepted twice`);
    at.clients.add(event.clientId);
    at.weights.set(event.headerHash, event.weight);
    if (run === undefined || format === undefined) return;
    const facts = { opened: at.opened, numParams: format.numParams, paramsBytes };
    identities?.accepted(seq, event.clientId);
    const keyEpoch = identities?.keyEpoch(event.clientId) ?? 0;
    const verified = verifyUpdate(seq, event, run, { ...facts, keyEpoch }, ports);
    if (verified !== undefined) at.updates.set(event.headerHash, verified);
  }

  async function commit(seq: number, event: JournalEventOf<"round-committed">, at: Attempt): Promise<void> {
    if (run !== undefined && paramsHash !== null) {
      const { sealed, weights } = at;
      const context = { version: counts.numCommits, baseParamsHash: paramsHash, previousCommitHash: lastCommit };
      lastCommit = verifyCommit(seq, event, run, { ...context, sealed, weights }, ports);
      await recompute(seq, event, at);
    }
    counts.numCommits++;
    paramsHash = event.paramsHash;
    attempt = undefined;
  }

  async function recompute(seq: number, event: JournalEventOf<"round-committed">, at: Attempt): Promise<void> {
    if (models === undefined) return;
    try {
      const computed = await models.advance(event.round, at.updates.values(), at.sealed ?? {});
      for (const name of ["paramsHash", "stateHash"] as const) {
        if (computed[name] !== event[name]) {
          throw new RangeError(`its updates give the ${name} ${computed[name]}, the journal says ${event[name]}`);
        }
      }
      counts.numModelsRecomputed++;
    } catch (error) {
      // Each later model builds on this one: there is nothing to compare it with.
      levelReason = `round ${event.round} could not be recomputed: ${(error as Error).message}`;
      problems.add(seq, levelReason);
      models = undefined;
    }
  }

  return {
    get run() {
      return run;
    },
    async take(seq, event) {
      counts.numEvents++;
      if (event.kind === "run-created") return begin(seq, event);
      if (isIdentityEvent(event)) return identities?.take(seq, event);
      if (event.kind === "run-paused" || event.kind === "run-resumed" || event.kind === "run-stopped") return;
      if (event.kind === "round-opened") return open(seq, event);
      if (attempt === undefined) throw new TypeError(`event ${seq} expected an open attempt`);
      switch (event.kind) {
        case "update-accepted":
          return accept(seq, event, attempt);
        case "round-sealed":
          attempt.sealed = event;
          return;
        case "round-committed":
          return commit(seq, event, attempt);
        case "round-aborted":
          counts.numAborted++;
          attempt = undefined;
      }
    },
    async finish() {
      const needed = [paramsHash, ...[...(attempt?.updates.values() ?? [])].map(({ header }) => header.payloadHash)];
      for (const hash of needed) {
        if (hash === null) continue;
        try {
          await store.getBlob(hash);
        } catch (error) {
          // A running coordinator may have committed the open round meanwhile, and let go of its updates.
          if (hash === paramsHash || error instanceof CorruptStoreError) problems.add(null, (error as Error).message);
        }
      }
      return { ...counts, level: levelReason === null ? "models" : "headers", levelReason, paramsHash };
    },
  };
}
