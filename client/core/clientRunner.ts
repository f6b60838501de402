import { toHex } from "../../shared/base/hash.ts";
import { drawWaitMs } from "./backoff.ts";
import type { ClientEvent } from "./clientEvent.ts";
import { createClientLink } from "./clientLink.ts";
import type { ClientPorts } from "./clientPorts.ts";
import type { ClientWork } from "./clientWork.ts";
import { createKeeper } from "./keeper.ts";
import { messageOf } from "./messageOf.ts";
import type { ParamsOver } from "./paramsSource.ts";
import { memoryPersonal } from "./personalStore.ts";
import { receiptToKeep, sealUpdate } from "./sealUpdate.ts";
import { createSession, step } from "./session.ts";
import type { SessionEffect } from "./sessionEffect.ts";
import type { SessionEvent, SessionTimer } from "./sessionEvent.ts";
import type { SessionOptions, SessionState } from "./sessionState.ts";

export interface ClientOptions {
  readonly ports: ClientPorts;
  readonly session?: Partial<SessionOptions>;
  /** Examples that the client could train on. */
  readonly numExamples: number;
  /** Name and version of this software, for people. */
  readonly software: string;
  /** 32 bytes that let this key into a run by invitation; shown until the first welcome. */
  readonly invitation?: Uint8Array;
  /** Whether params come over HTTP, the socket, or whichever works ("auto", when absent). */
  readonly paramsOver?: ParamsOver;
  readonly onEvent?: (event: ClientEvent) => void;
}

/** How a client ended. */
export type ClientEnd = Extract<SessionState["link"], { at: "ended" }>;

export interface ClientRunner {
  pause(): void;
  resume(): void;
  leave(): void;
  readonly state: SessionState;
  /** Settles once the client left or refused its coordinator: the trainer is closed and what stays with it written by then. Never rejects. */
  readonly done: Promise<ClientEnd>;
}

/**
 * One client of a run, from its first connection until it leaves: feeds the session with events and performs its
 * effects through the ports. Node and browser clients differ in their ports only.
 */
export function runClient(options: ClientOptions): ClientRunner {
  const { ports, onEvent = () => {} } = options;
  const { clock, receipts, signer, trainer, personal = memoryPersonal() } = ports;
  const work = new Map<string, ClientWork>();
  const timers = new Map<SessionTimer, () => void>();
  const queue: SessionEvent[] = [];
  let state = createSession(options.session);
  let performing = false;
  let over = false;
  /** Settles when all that came before is kept or dropped: the next training begins with it. */
  let keeping: Promise<void> = Promise.resolve();
  let finish: (end: ClientEnd) => void = () => {};
  const done = new Promise<ClientEnd>((resolve) => {
    finish = resolve;
  });
  const link = createClientLink({
    ...{ ...options, onEvent, dispatch, work },
    onCommit: (commit) => void inTurn(() => keeper.committed(commit).catch(warnNotKept)),
    onProgress: (progress) => keeper.heard(progress),
  });
  const clientKey = toHex(signer.publicKey);
  const keeper = createKeeper({ personal, receipts, clientKey, plan: () => link.agreed().plan });

  /** One event at a time: effects that answer at once are queued behind the effects of the same step. */
  function dispatch(event: SessionEvent): void {
    queue.push(event);
    if (performing) return;
    performing = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const result = step(state, next);
        state = result.state;
        for (const effect of result.effects) perform(effect);
      }
    } finally {
      performing = false;
    }
    if (state.link.at === "ended" && !over) end(state.link);
  }

  function end(final: ClientEnd): void {
    over = true;
    stopWatching?.();
    for (const stop of timers.values()) stop();
    timers.clear();
    trainer.close();
    void keeping.then(() => finish(final));
  }

  function perform(effect: SessionEffect): void {
    switch (effect.type) {
      case "start-timer":
        startTimer(effect.timer, drawWaitMs(effect, ports.random()));
        break;
      case "stop-timer":
        stopTimer(effect.timer);
        break;
      case "fetch-params":
        doWork(effect.ticket, "params-failed", (job) => fetchParams(effect.ticket, job));
        break;
      case "train":
        doWork(effect.offer.ticket, "work-failed", (job) => train(effect.offer.ticket, job));
        break;
      case "seal-update":
        doWork(effect.offer.ticket, "work-failed", (job) => seal(effect.offer.ticket, job));
        break;
      case "cancel-training":
        work.get(effect.ticket)?.abort.abort();
        break;
      case "forget-work":
        forget(effect.ticket);
        break;
      case "keep-receipt":
        keep(work.get(effect.ticket));
        break;
      case "report":
        onEvent(effect.report);
        break;
      default:
        link.perform(effect);
    }
  }

  function startTimer(timer: SessionTimer, delayMs: number): void {
    stopTimer(timer);
    const stop = clock.schedule(delayMs, () => {
      timers.delete(timer);
      dispatch({ type: "timer", timer });
    });
    timers.set(timer, stop);
  }

  function stopTimer(timer: SessionTimer): void {
    timers.get(timer)?.();
    timers.delete(timer);
  }

  function forget(ticket: string): void {
    work.get(ticket)?.abort.abort();
    work.delete(ticket);
  }

  /** Runs one piece of work; its failure is an event like any other. */
  function doWork(
    ticket: string,
    failure: "params-failed" | "work-failed",
    run: (job: ClientWork) => Promise<SessionEvent>,
  ): void {
    const job = work.get(ticket);
    const running = job === undefined ? Promise.reject(new Error("the offer is gone")) : run(job);
    running.then(dispatch, (error: unknown) => dispatch({ type: failure, ticket, message: messageOf(error) }));
  }

  async function fetchParams(ticket: string, job: ClientWork): Promise<SessionEvent> {
    const { bytes, hash } = await link.fetchParams(job.offer.baseParamsHash, job.abort.signal);
    job.params = bytes;
    job.handedOut = await fetchHandouts(job);
    return { type: "params-fetched", ticket, paramsHash: hash };
  }

  async function fetchHandouts({ handouts, abort }: ClientWork): Promise<ReadonlyMap<string, Uint8Array>> {
    const fetched = new Map<string, Uint8Array>();
    for (const { name, hash } of handouts) {
      const got = await link.fetchParams(hash, abort.signal);
      if (got.hash !== hash) throw new Error(`handout "${name}" expected ${hash}, got bytes with ${got.hash}`);
      fetched.set(name, got.bytes);
    }
    return fetched;
  }

  async function train(ticket: string, job: ClientWork): Promise<SessionEvent> {
    const { round } = job.offer;
    await keeping;
    const kept = await keeper.begin(job.offer);
    const local = await trainer.train({
      params: job.params ?? new Uint8Array(),
      handouts: job.handedOut ?? new Map(),
      ...(kept && { kept }),
      seed: ticket,
      signal: job.abort.signal,
      onProgress: (progress) => onEvent({ kind: "progress", round, progress }),
    });
    delete job.params;
    delete job.handedOut;
    job.local = local;
    onEvent({ kind: "trained", round, numExamples: local.numExamples, trainLoss: local.trainLoss });
    return { type: "trained", ticket };
  }

  async function seal(ticket: string, job: ClientWork): Promise<SessionEvent> {
    const update = await sealUpdate(job, link.agreed(), ports);
    const kept = job.local?.kept;
    const { runId } = link.agreed().plan;
    if (kept !== undefined && !over) await inTurn(() => personal.hold(runId, update.headerHash, kept));
    job.update = update;
    return { type: "update-sealed", ticket, headerHash: update.headerHash, payloadBytes: update.payload.length };
  }

  function keep(job: ClientWork | undefined): void {
    if (job === undefined) return;
    const receipt = receiptToKeep(job, link.agreed(), signer);
    void inTurn(async () => {
      try {
        await receipts.keep(receipt);
      } catch (error) {
        onEvent({ kind: "warning", message: `the receipt could not be kept: ${messageOf(error)}` });
        return;
      }
      // After the receipt: a client that trains again under a ticket without one must begin with what it began with then.
      await keeper.received().catch(warnNotKept);
      onEvent({ kind: "kept", receipt });
    });
  }

  function inTurn(change: () => Promise<void>): Promise<void> {
    const turn = keeping.then(change);
    keeping = turn.catch(() => {}); // told to whoever asked for it
    return turn;
  }

  function warnNotKept(error: unknown): void {
    onEvent({ kind: "warning", message: `what stays with this client could not be kept: ${messageOf(error)}` });
  }

  const stopWatching = ports.device?.watch(() => dispatch({ type: "device-changed" }));
  dispatch({ type: "start" });
  return {
    pause: () => dispatch({ type: "pause" }),
    resume: () => dispatch({ type: "resume" }),
    leave: () => dispatch({ type: "leave" }),
    get state() {
      return state;
    },
    done,
  };
}
