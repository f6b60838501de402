import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, toHex } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import type { RoundSummary } from "../../shared/protocol/runStatus.ts";
import { createTicket, ticketText } from "../../shared/protocol/ticket.ts";
import type { SignedReceipt } from "../../shared/protocol/uploadAck.ts";
import type { AcceptConnection } from "../transport/connection.ts";
import { createActivity } from "./activity.ts";
import { createAssignments } from "./assignments.ts";
import { createByteCounter } from "./byteCounter.ts";
import { handleClient } from "./clientHandler.ts";
import { createClients } from "./clients.ts";
import { selectionSize, uniformSampler } from "./cohortSampler.ts";
import type { CoordinatorView } from "./coordinatorView.ts";
import { createGlobalModel } from "./globalModel.ts";
import { journalUpdate } from "./journalUpdate.ts";
import { createMemberPresence } from "./memberPresence.ts";
import { createMembership } from "./membership.ts";
import { openingWait } from "./openingWait.ts";
import { createProgressTeller } from "./progressTeller.ts";
import { createPublishedParams } from "./publishedParams.ts";
import { assign, collectionsOf, recoverRun } from "./recovery.ts";
import { nextAttempt, type RoundEffect, type RoundEvent } from "./roundState.ts";
import { summaryOf } from "./roundSummaries.ts";
import { type CoordinatorPorts, type CoordinatorTiming, DEFAULT_TIMING, type Run } from "./run.ts";
import { isOpen, transition } from "./transition.ts";
import { createUpdateIntake, type VerifiedUpdate } from "./updateIntake.ts";
import { createUploads } from "./uploads.ts";

export interface RoundCoordinatorOptions {
  readonly run: Run;
  readonly ports: CoordinatorPorts;
  readonly timing?: Partial<CoordinatorTiming>;
  /** Asked before a round opens: why it must not (disk cap reached), or undefined. */
  readonly mayOpen?: () => Promise<string | undefined>;
  /** "phase": a round opened, closed or ended; "live": anything smaller; a summary: that round is committed. */
  readonly onChange?: (change: "phase" | "live" | RoundSummary) => void;
}

export interface RoundCoordinator {
  readonly view: CoordinatorView;
  /** The transport's way in. */
  readonly accept: AcceptConnection;
  /** Goes on where the journal ends, and opens rounds as clients come. */
  start(): void;
  /** The safetensors bytes of published params; undefined for any other hash. */
  params(hash: string): Promise<Uint8Array | undefined>;
  /** Counts bytes of params that were sent over HTTP. */
  served(numBytes: number): void;
  /** Takes no more messages and waits until what was begun is durable. The open round goes on at the next start. */
  drain(): Promise<void>;
}

/**
 * Runs the rounds of one run: performs the effects of the pure state machine against the journal, the clock and the
 * clients. An update is durable exactly as signed before its receipt is sent; new params are durable before anybody
 * hears of them; a fault of the store pauses the run and leaves everything durable served.
 */
export async function createRoundCoordinator(options: RoundCoordinatorOptions): Promise<RoundCoordinator> {
  const { run, ports, onChange = () => {} } = options;
  const { plan } = run;
  const { store, clock, sha256, logger, broadcaster } = ports;
  const timing: CoordinatorTiming = { ...DEFAULT_TIMING, ...options.timing };
  const recovered = await recoverRun(run, ports);
  const { summaries } = recovered;
  const model = createGlobalModel(run, ports, recovered);
  const activity = createActivity(ports.wallClockMs);
  const bytes = createByteCounter();
  const clients = createClients(clock);
  const assignments = createAssignments();
  const uploads = createUploads({ clock, idleMs: timing.uploadIdleMs });
  const published = createPublishedParams(store, recovered.published, model);
  const presence = createMemberPresence({ clock, graceMs: timing.reconnectGraceMs, dispatch });
  const intake = createUpdateIntake({
    run,
    ports,
    assignments,
    uploads,
    state: () => state,
    accept: (update) => hold(acceptUpdate(update)),
    onBytes: bytes.received,
    onUploading: () => teller.changed(),
    onRejected({ clientId, offer: { round } }, { code, message }) {
      logger.info({ client: clientId, round, code, message }, "update rejected");
      activity.rejected(clientId, code);
      activity.add("update-rejected", { round, clientId, reason: code });
      teller.changed();
    },
  });
  /** Work that must be durable before the process may end or the next round may open. */
  const begun = new Set<Promise<unknown>>();
  /** Verified updates between their check and their fold, by header hash. */
  const verified = new Map<string, VerifiedUpdate>();

  let { state, isSealJournaled } = recovered;
  let openedAtMs = clock.nowMs();
  let deadlineAtMs: number | undefined;
  let cancelDeadline: (() => void) | undefined;
  let cancelOpening: (() => void) | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  let failedAttempts = 0;
  let isDraining = false;
  let paused: string | undefined;

  const view: CoordinatorView = {
    run,
    clients,
    activity,
    summaries,
    get state() {
      return state;
    },
    get isFinished() {
      return isFinished();
    },
    get paused() {
      return paused;
    },
    get deadlineInMs() {
      return deadlineAtMs === undefined ? undefined : Math.max(0, Math.round(deadlineAtMs - clock.nowMs()));
    },
    get paramsHash() {
      return model.paramsHash;
    },
    get uplinkBytes() {
      return bytes.uplink;
    },
    get downlinkBytes() {
      return bytes.downlink;
    },
    isUploading: uploads.has,
  };
  const teller = createProgressTeller({ clock, broadcaster, view, onChange });
  const membership = createMembership({
    view,
    timing,
    clients,
    assignments,
    activity,
    presence,
    dispatch,
    onChange() {
      teller.changed();
      considerOpening();
    },
  });
  const attemptRef = () => ({ round: state.round, attempt: state.attempt });
  const isFinished = (): boolean => plan.rounds !== null && state.version >= plan.rounds;

  function dispatch(event: RoundEvent): readonly RoundEffect[] {
    const before = state;
    const step = transition(state, event);
    state = step.state;
    for (const effect of step.effects) perform(effect);
    if (state.phase !== before.phase) teller.changedPhase();
    else if (state !== before) teller.changed();
    return step.effects;
  }

  /** Effects with bytes or answers behind them (append, receipt, reject, commit) belong to who raised the event. */
  function perform(effect: RoundEffect): void {
    if (effect.type === "announce") for (const { clientId } of effect.members) membership.offer(clientId);
    else if (effect.type === "set-deadline") setDeadline(effect.delayMs, { ...effect, type: "deadline-passed" });
    else if (effect.type === "clear-deadline") clearDeadline();
    else if (effect.type === "fold") fold(effect.headerHash, effect.weight);
    else if (effect.type === "aggregate") track(closeRound(effect.headerHashes as ContentHash[], effect.totalWeight));
    else if (effect.type === "abort") track(recordAbort(effect.reason));
  }

  function hold<T>(work: Promise<T>): Promise<T> {
    const done = (): void => {
      begun.delete(work);
      considerOpening();
    };
    begun.add(work);
    work.then(done, done);
    return work;
  }

  function track(work: Promise<void>): void {
    void hold(work.catch(pause));
  }

  /** The coordinator cannot write, or has a fault of its own: no more rounds, but what is durable stays served. */
  function pause(error: unknown): void {
    if (isDraining) return;
    const { readOnlyReason } = store; // says itself how to mend it
    const cause = error instanceof Error ? error.message : String(error);
    paused = `${readOnlyReason ?? `${cause}; mend the cause, then start again`}: the run goes on where it was`;
    logger.error({ reason: paused }, "paused");
    logger.debug({ err: error }, "paused");
    onChange("phase");
  }

  function considerOpening(): void {
    cancelOpening?.();
    cancelOpening = undefined;
    const isBetween = ["idle", "committed", "aborted"].includes(state.phase);
    if (!isBetween || isDraining || paused !== undefined || isFinished() || begun.size > 0) return;
    const eligible = clients.eligible();
    const wanted = selectionSize(plan.cohort.size, plan.cohort.overSelection);
    const situation = {
      nowMs: clock.nowMs(),
      notBeforeMs,
      numEligible: eligible.length,
      numConnected: clients.size,
      wanted,
      quorum: plan.cohort.quorum,
      lastJoinMs: clients.lastJoinMs,
    };
    const waitMs = openingWait(situation, timing);
    if (waitMs === undefined) return; // the next arrival asks again
    if (waitMs > 0) cancelOpening = clock.schedule(waitMs, considerOpening);
    else track(openRound(eligible, wanted));
  }

  async function openRound(eligible: readonly string[], wanted: number): Promise<void> {
    const obstacle = await options.mayOpen?.();
    if (obstacle !== undefined) throw new Error(obstacle);
    const seed = new Uint8Array(32);
    ports.random.fill(seed);
    const cohort = uniformSampler(eligible, wanted, createRng(toHex(seed)));
    const due = nextAttempt(state);
    const members = cohort.map((clientId) => ({ clientId, ticket: ticketText(createTicket(ports.random)) }));
    await store.append({ kind: "round-opened", ...due, paramsHash: model.paramsHash, members });
    if (isDraining) return; // durable: the next start resumes it
    const base = { paramsHash: model.paramsHash, paramsBytes: model.paramsBytes.length };
    assignments.open(members.map((member) => assign(run, due, member, base, sha256)));
    uploads.clear();
    activity.beginAttempt();
    activity.add("round-opened", { round: due.round });
    model.beginAttempt();
    isSealJournaled = false;
    if (due.attempt === 0) {
      openedAtMs = clock.nowMs();
      bytes.beginRound();
    }
    dispatch({ type: "opened", ...due, members, collections: collectionsOf(run, members.length) });
    for (const { clientId } of members) if (clients.find(clientId) === undefined) presence.lost(clientId);
  }

  function setDeadline(delayMs: number, event: RoundEvent): void {
    clearDeadline();
    deadlineAtMs = clock.nowMs() + delayMs;
    cancelDeadline = clock.schedule(delayMs, () => dispatch(event));
  }

  function clearDeadline(): void {
    cancelDeadline?.();
    cancelDeadline = undefined;
    deadlineAtMs = undefined;
  }

  async function acceptUpdate(update: VerifiedUpdate): Promise<SignedReceipt> {
    const { assignment, verified: checked } = update.upload;
    const { clientId, ticket, offer } = assignment;
    const { headerHash, header } = checked;
    const at = { round: offer.round, attempt: offer.attempt };
    const answer = { clientId, ticket, headerHash, weight: header.weight, baseVersion: header.baseVersion };
    const effects = dispatch({ type: "update-verified", ...at, ...answer, collection: "update" });
    const refused = effects.find((effect) => effect.type === "reject");
    if (refused !== undefined) {
      if (refused.code === "ROUND_CLOSED") activity.add("update-late", { round: offer.round, clientId });
      throw new ProtocolError(refused.code, refused.message);
    }
    if (!effects.some(({ type }) => type === "append")) {
      throw new ProtocolError("UPLOAD_OUT_OF_ORDER", "this update has arrived already; submit its header again");
    }
    verified.set(headerHash, update);
    try {
      const receipt = await journalUpdate(run, ports, update).catch((error) => {
        dispatch({ type: "append-failed", ...at, clientId });
        pause(error);
        const wait = { cause: error, retryAfterMs: 30_000 };
        throw new ProtocolError("UNAVAILABLE", "the update could not be stored; try again later", wait);
      });
      // Durable from here on: the receipt is true whatever becomes of the round.
      assignments.settle(ticket, { headerHash, receipt });
      activity.add("update-accepted", { round: offer.round, clientId });
      try {
        dispatch({ type: "update-durable", ...at, clientId });
      } catch (error) {
        pause(error);
      }
      return receipt;
    } finally {
      verified.delete(headerHash);
    }
  }

  function fold(headerHash: string, weight: number): void {
    const update = verified.get(headerHash);
    if (update === undefined) throw new TypeError(`update ${headerHash} is folded once, after its check`);
    model.fold({ delta: update.delta, weight, metrics: update.upload.verified.manifest.metrics });
  }

  async function closeRound(headerHashes: readonly ContentHash[], totalWeight: number): Promise<void> {
    const at = attemptRef();
    presence.clear();
    uploads.clear();
    if (!isSealJournaled) await store.append({ kind: "round-sealed", ...at, headerHashes: [...headerHashes] });
    isSealJournaled = true;
    try {
      await model.aggregate();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      dispatch({ type: "failed", ...at, reason: error.message });
      return;
    }
    dispatch({ type: "aggregated", ...at });
    const commit = await model.commit(
      { ...at, version: state.version, headerHashes, totalWeight },
      {
        cohort: state.members.length,
        accepted: headerHashes.length,
        uplinkBytes: bytes.roundUplink,
        downlinkBytes: bytes.roundDownlink,
        seconds: Math.round(clock.nowMs() - openedAtMs) / 1000,
      },
    );
    failedAttempts = 0;
    notBeforeMs = openedAtMs + timing.minRoundMs;
    const summary = summaryOf(at.round, commit.paramsHash, commit.metrics);
    summaries.add(summary);
    published.add(commit.paramsHash);
    activity.add("round-committed", { round: at.round });
    dispatch({ type: "committed", ...at });
    broadcaster.broadcast("commit", commit);
    onChange(summary);
    if (isFinished()) {
      activity.add("run-finished", { round: at.round });
      teller.changedPhase();
    }
  }

  async function recordAbort(reason: string): Promise<void> {
    const at = attemptRef();
    presence.clear();
    uploads.clear();
    logger.info({ ...at, reason }, "attempt aborted");
    activity.add("round-aborted", { round: at.round, reason });
    notBeforeMs = clock.nowMs() + Math.min(timing.maxRetryMs, timing.retryMs * 2 ** Math.min(failedAttempts, 10));
    failedAttempts++;
    await store.append({ kind: "round-aborted", ...at, reason: reason.slice(0, 1000) });
  }

  function refusing(): ProtocolError | undefined {
    if (!isDraining) return undefined;
    return new ProtocolError("UNAVAILABLE", "the coordinator is stopping; come back soon", { retryAfterMs: 2000 });
  }

  /** The journal's open attempt goes on: the same tickets, its deadline anew, members given time to reconnect. */
  function resume(): void {
    for (const { assignments: issued, answers } of recovered.attempts) {
      assignments.open(issued);
      for (const { ticket, ...answered } of answers) assignments.settle(ticket, answered);
    }
    if (recovered.published.length > 1 || state.phase !== "idle") activity.add("resumed", { round: state.round });
    if (state.phase === "sealed") {
      const answered = state.members.filter(({ status }) => status === "answered");
      const hashes = answered.map(({ headerHash }) => headerHash as ContentHash).sort();
      track(
        closeRound(
          hashes,
          answered.reduce((sum, { weight }) => sum + (weight as number), 0),
        ),
      );
    } else if (isOpen(state)) {
      setDeadline(plan.deadlineMs, { type: "deadline-passed", ...attemptRef(), collection: "update" });
      for (const { clientId, status } of state.members) if (status === "offered") presence.lost(clientId);
    } else if (state.phase === "aborted") {
      track(recordAbort("nobody is left to wait for"));
    }
  }

  const forClients = { run, ports, timing, intake, refusing, params: published.read, served: bytes.sent };
  return {
    view,
    accept: (connection) => handleClient({ ...forClients, ...membership }, connection),
    start() {
      resume();
      considerOpening();
    },
    params: published.read,
    served: bytes.sent,
    async drain() {
      isDraining = true;
      clearDeadline();
      presence.clear();
      cancelOpening?.();
      teller.stop();
      uploads.clear();
      while (begun.size > 0) await Promise.allSettled(begun);
    },
  };
}
