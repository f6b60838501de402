import { canonicalJsonBytes, type JsonValue } from "../../shared/base/canonicalJson.ts";
import type { Model } from "../../shared/models/model.ts";
import type { RoundSummary, RunStatus } from "../../shared/protocol/runStatus.ts";
import { withDefaults } from "../configuration/withDefaults.ts";
import { createEventFeed, type EventFeed } from "../http/eventFeed.ts";
import { liveStatus, runFacts, runStatus, type SampleFacts } from "../http/statusView.ts";
import { createRunIdentity, type RunIdentity } from "../identity/runIdentity.ts";
import { withFields } from "../logger.ts";
import { createRoundCoordinator, type RoundCoordinator } from "../rounds/coordinator.ts";
import { type CoordinatorPorts, type CoordinatorTiming, DEFAULT_TIMING, type Run } from "../rounds/run.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { RunTelemetry } from "../telemetry/runTelemetry.ts";
import type { AcceptConnection, Connection } from "../transport/connection.ts";

/** Rows of a public data set for people who only want to try. */
export interface SampleData extends SampleFacts {
  /** IDX images and straight after them IDX labels; undefined for a shard that is not there. */
  shard(index: number): Uint8Array | undefined;
}

/** What is not for clients, and so is not in the plan. */
export type RunSettings = NonNullable<JournalEventOf<"run-created">["settings"]>;

export interface HostRunOptions {
  readonly run: Run;
  readonly model: Model;
  readonly settings: RunSettings;
  readonly ports: CoordinatorPorts;
  readonly timing?: Partial<CoordinatorTiming>;
  readonly mayOpen?: () => Promise<string | undefined>;
  readonly sample?: SampleData;
  /** Watches the run from around its ports. */
  readonly telemetry?: RunTelemetry;
  readonly onRound?: (summary: RoundSummary) => void;
  readonly onPhase?: (status: RunStatus) => void;
}

/** One run of a coordinator process: its rounds, its event feed and what HTTP shows of it. */
export interface HostedRun {
  readonly run: Run;
  readonly model: Model;
  readonly coordinator: RoundCoordinator;
  readonly settings: RunSettings;
  /** Whether the coordinator judges each round, on whatever test set. */
  readonly hasTestSet: boolean;
  readonly store: CoordinatorPorts["store"];
  /** Who may take part, and the operator's hands on it. */
  readonly identity: RunIdentity;
  /** The transport's way in. */
  readonly accept: AcceptConnection;
  readonly feed: EventFeed;
  /** Canonical JSON: the very bytes that planHash and modelHash cover. */
  readonly planBytes: Uint8Array;
  readonly modelBytes: Uint8Array;
  status(): RunStatus;
  rounds(): readonly RoundSummary[];
  /** The safetensors bytes of published params; undefined for every other hash, client updates above all. */
  params(hash: string): Promise<Uint8Array | undefined>;
  sampleShard(index: number): Uint8Array | undefined;
  disconnectAll(reason: string): void;
  /** Takes no more messages, waits for what must be durable, and ends its event streams. */
  drain(): Promise<void>;
}

/** How often the cohort is told at most. */
const COHORT_EVENT_MS = 250;

/** Puts a run in place; its rounds begin with `coordinator.start()`. */
export async function hostRun(options: HostRunOptions): Promise<HostedRun> {
  const { run, model, settings, timing, sample, telemetry } = options;
  const identity = createRunIdentity({
    ...options.ports,
    plan: run.plan,
    coordinatorKey: options.ports.signer.publicKey,
    onFault: (error) => created.fault(error),
  });
  const logger = withFields(options.ports.logger, { run: run.plan.name });
  const admitting = { ...options.ports, logger, admission: identity };
  const ports = telemetry?.ports(admitting) ?? admitting;
  const mayOpen = telemetry?.mayOpen(options.mayOpen) ?? options.mayOpen;
  const { clock, signer, store } = ports;
  const feed = createEventFeed({ clock, ...(telemetry && { onFull: () => telemetry.onLimit("event-readers") }) });
  const sampleFacts = sample ? { name: sample.name, numShards: sample.numShards } : null;
  const facts = runFacts(run, signer.publicKey, model, sampleFacts);
  const connections = new Set<Connection>();
  let cancelCohortEvent: (() => void) | undefined;

  const created = await createRoundCoordinator({
    run,
    ports,
    timing: withDefaults(withDefaults(DEFAULT_TIMING, timing), { minRoundMs: settings.minRoundMs }),
    ...(mayOpen ? { mayOpen } : {}),
    ...(telemetry && { onHelloTimeout: () => telemetry.onLimit("hello") }),
    onChange(change) {
      if (change === "live") {
        cancelCohortEvent ??= clock.schedule(COHORT_EVENT_MS, () => {
          cancelCohortEvent = undefined;
          feed.publish("cohort", liveStatus(coordinator.view));
        });
      } else if (change === "phase") {
        feed.publish("status", status());
        options.onPhase?.(status());
      } else {
        feed.publish("round", change);
        options.onRound?.(change);
      }
    },
  }).catch((error: unknown) => {
    feed.close(); // its heartbeat would go on for a run that never was
    throw error;
  });
  const coordinator = telemetry?.coordinator(created) ?? created;
  const status = (): RunStatus => runStatus(facts, coordinator.view);

  return {
    run,
    model,
    coordinator,
    settings,
    hasTestSet: options.ports.evaluate !== undefined,
    store,
    identity,
    accept(connection) {
      connections.add(connection);
      const handler = coordinator.accept(connection);
      return {
        handle: handler.handle,
        closed() {
          connections.delete(connection);
          handler.closed();
        },
      };
    },
    feed,
    planBytes: canonicalJsonBytes(run.plan as JsonValue),
    modelBytes: canonicalJsonBytes(run.model as JsonValue),
    status,
    rounds: () => coordinator.view.summaries.list(),
    params: (hash) => coordinator.params(hash),
    sampleShard: (index) => sample?.shard(index),
    disconnectAll(reason) {
      for (const connection of [...connections]) connection.disconnect(reason);
    },
    async drain() {
      await coordinator.drain();
      cancelCohortEvent?.();
      feed.close();
    },
  };
}
