import { ProtocolError } from "../../shared/base/errors.ts";
import { type ContentHash, toHex } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import type { RoundSummary } from "../../shared/protocol/runStatus.ts";
import { withDefaults } from "../configuration/withDefaults.ts";
import { isMendable } from "../store/writeFailure.ts";
import type { AcceptConnection } from "../transport/connection.ts";
import { createActivity } from "./activity.ts";
import { attemptsKept, createAssignments } from "./assignments.ts";
import { createByteCounter } from "./byteCounter.ts";
import { handleClient } from "./clientHandler.ts";
import { type Client, createClients } from "./clients.ts";
import { createCohortSampler } from "./cohort/cohortSampler.ts";
import { createParticipationHistory, NO_HISTORY } from "./cohort/participationHistory.ts";
import type { CoordinatorView } from "./coordinatorView.ts";
import { createGlobalModel } from "./globalModel.ts";
import { createMemberPresence } from "./memberPresence.ts";
import { createMembership } from "./membership.ts";
import { OpeningRefused } from "./openingRefused.ts";
import { createProgressTeller } from "./progressTeller.ts";
import { createPublishedParams } from "./publishedParams.ts";
import { recoverRun } from "./recovery.ts";
import { createRoundClosing } from "./roundClosing.ts";
import type { RoundContext } from "./roundContext.ts";
import { createRoundOpening } from "./roundOpening.ts";
import type { RoundEffect, RoundEvent } from "./roundState.ts";
import { type CoordinatorPorts, type CoordinatorTiming, DEFAULT_TIMING, type Run } from "./run.ts";
import { createRunControl } from "./runControl.ts";
import { isOpen, isUnfinished, isWaitedFor, transition } from "./transition.ts";
import { createUpdateAcceptance } from "./updateAcceptance.ts";
import { createUpdateIntake } from "./updateIntake.ts";
import { createUploads } from "./uploads.ts";

export interface RoundCoordinatorOptions {
  readonly run: Run;
  readonly ports: CoordinatorPorts;
  readonly timing?: Partial<CoordinatorTiming>;
  /** Asked before a round opens: why it must not (disk cap reached), or undefined. */
  readonly mayOpen?: () => Promise<string | undefined>;
  /** A connection was closed because nobody proved a key over it in time. */
  readonly onHelloTimeout?: () => void;
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
  /** Opens no more rounds; the open one goes on to its end. The journal keeps it. */
  pause(reason: string): Promise<void>;
  /** Takes a pause back. */
  resume(): Promise<void>;
  /** Ends the open attempt and the run: no round is ever opened again. */
  stop(reason: string): Promise<void>;
  /** Something beside the rounds could not be written: pauses the run, which goes on once the store takes writes again. */
  fault(error: unknown): void;
  /** Takes no more messages and waits until what was begun is durable. The open round goes on at the next start. */
  drain(): Promise<void>;
}

/**
 * Runs the rounds of one run: performs the effects of the pure state machine against the journal, the clock and the
 * clients. An update is durable exactly as signed before its receipt is sent; new params are durable before anybody
 * hears of them; a fault of the store pauses the run and leaves everything durable served.
 */
export async function createRoundCoordinator(options: RoundCoordinatorOptions): Promise<RoundCoordinator> {
  const { run, ports, onHelloTimeout, onChange = () => {} } = options;
  const { plan } = run;
  const { store, clock, logger } = ports;
  const timing: CoordinatorTiming = withDefaults(DEFAULT_TIMING, options.timing);
  const sampler = createCohortSampler(plan);
  const history = sampler.looksBack ? createParticipationHistory() : NO_HISTORY;
  const recovered = await recoverRun(run, ports, history);
  const { summaries } = recovered;
  const model = createGlobalModel(run, ports, recovered);
  for await (const update of recovered.updates) model.fold(update);
  const activity = createActivity(ports.wallClockMs);
  const bytes = createByteCounter();
  const clients = createClients(clock, plan.cohort.eligibility);
  const assignments = createAssignments(attemptsKept(plan));
  const uploads = createUploads({
    clock,
    idleMs: timing.uploadIdleMs,
    lifeMs: plan.deadlineMs,
    ...(ports.uploadMemory && { memory: ports.uploadMemory }),
  });
  const published = createPublishedParams(store, recovered.published, model);
  const presence = createMemberPresence({ clock, graceMs: timing.reconnectGraceMs, dispatch });
  const control = createRunControl({
    store,
    logger,
    held: recovered.paused,
    stopped: recovered.stopped,
    onChange: () => onChange("phase"),
    onFault: mendLater,
  });
  const pace = { openedAtMs: clock.nowMs(), notBeforeMs: Number.NEGATIVE_INFINITY, failedAttempts: 0 };
  const intake = createUpdateIntake({
    run,
    ports,
    assignments,
    uploads,
    state: () => state,
    isFinished,
    check: model.check,
    accept: (update) => hold(acceptance.accept(update)),
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
  /** Work that the disk failed: done again once it takes writes, or has room again. */
  const unfinished: (() => Promise<void>)[] = [];

  /** How long the last round took; the deadline before the first. */
  let roundMs = plan.deadlineMs;
  let { state } = recovered;
  let deadlineAtMs: number | undefined;
  let cancelDeadline: (() => void) | undefined;
  let cancelMending: (() => void) | undefined;
  let isDraining = false;
  /** The disk takes writes, but the data folder may not grow: no round is opened. */
  let isCrowded = false;
  /** The system refused something else, such as another open file: it may grant it later. */
  let isRefused = false;

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
      return isFinished() ? undefined : control.paused;
    },
    get pauseReason() {
      return isFinished() ? undefined : control.pauseReason;
    },
    get stopped() {
      return control.stopped;
    },
    get deadlineInMs() {
      return deadlineAtMs === undefined ? undefined : Math.max(0, Math.round(deadlineAtMs - clock.nowMs()));
    },
    get paramsHash() {
      return model.paramsHash;
    },
    get paramsBytes() {
      return model.paramsBytes;
    },
    get uplinkBytes() {
      return bytes.uplink;
    },
    get downlinkBytes() {
      return bytes.downlink;
    },
    isUploading: uploads.has,
  };
  const teller = createProgressTeller({ clock, broadcaster: ports.broadcaster, view, onChange });
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
      opening.consider();
    },
  });
  const context: RoundContext = {
    ...{ run, ports, timing, model, control, clients, assignments, uploads, presence, activity, summaries, bytes },
    ...{ published, pace, dispatch, isFinished },
    state: () => state,
  };
  const acceptance = createUpdateAcceptance(context, history);
  const opening = createRoundOpening({
    ...{ context, sampler, history },
    mayOpen: options.mayOpen,
    isSettled: () => begun.size === 0 && unfinished.length === 0,
    isDraining: () => isDraining,
    track,
  });
  const closing = createRoundClosing({ context, sealed: recovered.sealed, onCommit });

  /** Those who answered rest as the plan says; they hear of the commit first. */
  function onCommit(summary: RoundSummary): void {
    roundMs = clock.nowMs() - pace.openedAtMs;
    membership.rest(state.members.flatMap(({ status, clientId }) => (status === "answered" ? clientId : [])));
    onChange(summary);
    const { reached } = summaries;
    if (reached !== undefined) track(() => finish(reached, true));
    else if (isFinished()) activity.add("run-finished", { round: state.round });
  }

  async function finish(reason: string, isReached: boolean): Promise<void> {
    await control.end({ reason, isReached });
    activity.add("run-finished", { round: state.round });
    teller.changedPhase();
  }

  function isFinished(): boolean {
    return control.stopped !== undefined || (plan.rounds !== null && state.version >= plan.rounds);
  }

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
    if (effect.type === "announce") {
      for (const { clientId } of effect.members) membership.offer(clientId);
      const seed = new Uint8Array(32);
      ports.random.fill(seed);
      membership.steer({ wanted: opening.wanted, roundMs, rng: createRng(toHex(seed)) });
    } else if (effect.type === "set-deadline") setDeadline(effect.delayMs, { ...effect, type: "deadline-passed" });
    else if (effect.type === "clear-deadline") clearDeadline();
    else if (effect.type === "fold") acceptance.fold(effect);
    else if (effect.type === "aggregate") {
      const { headerHashes, totalWeight } = effect;
      track(() => closing.close(headerHashes as ContentHash[], totalWeight));
    } else if (effect.type === "abort") track(() => closing.abort(effect.reason));
  }

  function hold<T>(work: Promise<T>): Promise<T> {
    const done = (): void => {
      begun.delete(work);
      opening.consider();
    };
    begun.add(work);
    work.then(done, done);
    return work;
  }

  function track(work: () => Promise<void>): void {
    const failed = (error: unknown): void => {
      if (isDraining) return;
      control.fault(error);
      isCrowded = error instanceof OpeningRefused;
      isRefused = isMendable(error);
      if (!isCrowded) unfinished.push(work); // an opening is considered anew: it may not be wanted any more
      mendLater();
    };
    void hold(work().catch(failed));
  }

  /** A disk that was full may have room again. */
  function mendLater(): void {
    if (!(store.canReopen || isCrowded || isRefused) || isDraining) return;
    cancelMending ??= clock.schedule(timing.mendMs, () => {
      cancelMending = undefined;
      void hold(mend().catch(control.fault)); // which looks again later
    });
  }

  async function mend(): Promise<void> {
    const isMended = store.readOnlyReason === undefined || (await store.reopen());
    if (!isMended || (isCrowded && (await options.mayOpen?.()) !== undefined)) return mendLater();
    isCrowded = false;
    isRefused = false;
    control.clearFault();
    for (const work of unfinished.splice(0)) track(work);
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

  function refusing(): ProtocolError | undefined {
    if (!isDraining) return undefined;
    return new ProtocolError("UNAVAILABLE", "the coordinator is stopping; come back soon", { retryAfterMs: 2000 });
  }

  /**
   * The journal's open attempt goes on: the same tickets, its deadline anew, members given time to reconnect. So are those who
   * are at work between two rounds.
   */
  function resume(): void {
    for (const { assignments: issued, answers } of recovered.attempts) {
      assignments.open(issued);
      for (const { ticket, ...answered } of answers) assignments.settle(ticket, answered);
    }
    if (recovered.isContinued) activity.add("resumed", { round: state.round });
    for (const member of state.members) if (isWaitedFor(member)) presence.lost(member.clientId);
    if (state.phase === "sealed") {
      const answered = state.members.filter(({ status }) => status === "answered");
      const hashes = answered.map(({ headerHash }) => headerHash as ContentHash).sort();
      const totalWeight = answered.reduce((sum, { weight }) => sum + (weight as number), 0);
      track(() => closing.close(hashes, totalWeight));
    } else if (isOpen(state)) {
      const ref = { round: state.round, attempt: state.attempt };
      setDeadline(plan.deadlineMs, { type: "deadline-passed", ...ref, collection: "update" });
    } else if (state.phase === "aborted") {
      track(() => closing.abort("nobody is left to wait for"));
    }
  }

  /** Ends the attempt at hand and waits until nothing is on its way to the disk. */
  async function endRound(reason: string): Promise<void> {
    for (;;) {
      const { round, attempt, numAppending } = state;
      // An update on its way to the disk is one of this attempt: in the journal it comes before the end.
      if (isOpen(state) && numAppending === 0) dispatch({ type: "failed", round, attempt, reason });
      if (begun.size > 0) await Promise.allSettled(begun);
      else if (!isUnfinished(state)) return;
      else {
        unfinished.length = 0; // a commit that could not be made
        dispatch({ type: "failed", round, attempt, reason });
      }
    }
  }

  function onJoin(client: Client): void {
    membership.onJoin(client);
    teller.tell(client.connection);
  }

  function onClosed(client: Client): void {
    if (!isDraining) membership.onClosed(client); // else it is not the client that goes
  }

  const forClients = { run, ports, timing, intake, refusing, params: published.read, served: bytes.sent };
  return {
    view,
    accept: (connection) =>
      handleClient({ ...forClients, ...membership, onJoin, onClosed, onHelloTimeout }, connection),
    start() {
      resume();
      const { reached } = summaries;
      if (reached !== undefined && !isOpen(state)) track(() => finish(reached, true));
      opening.consider();
    },
    params: published.read,
    served: bytes.sent,
    pause: (reason) => control.asked(() => control.hold(reason)),
    async resume() {
      await control.asked(control.release);
      opening.consider();
    },
    stop: (reason) =>
      control.asked(() =>
        // No round opens between the end of this one and the stop, whoever resumes the run meanwhile.
        control.barring(async () => {
          await control.hold(reason);
          await endRound(reason);
          await finish(reason, false);
        }),
      ),
    fault(error) {
      if (!isDraining) control.fault(error);
    },
    async drain() {
      isDraining = true;
      clearDeadline();
      presence.clear();
      opening.cancel();
      cancelMending?.();
      teller.stop();
      uploads.clear();
      while (begun.size > 0) await Promise.allSettled(begun);
    },
  };
}
