import type { SessionEvent } from "../client/core/sessionEvent.ts";
import { carriedMembers } from "../server/rounds/carriedMembers.ts";
import type { Candidate } from "../server/rounds/cohort/candidate.ts";
import { createCohortSampler } from "../server/rounds/cohort/cohortSampler.ts";
import { createParticipationHistory, NO_HISTORY } from "../server/rounds/cohort/participationHistory.ts";
import { selectionSize } from "../server/rounds/cohort/selectionSize.ts";
import {
  type EnteringMember,
  findMember,
  idleRound,
  type Member,
  nextAttempt,
  plainCollections,
  type RoundEffect,
  type RoundEvent,
} from "../server/rounds/roundState.ts";
import { transition } from "../server/rounds/transition.ts";
import type { ServerState, Strategy } from "../server/strategies/strategy.ts";
import type { ContentHash } from "../shared/base/hash.ts";
import { createRng } from "../shared/base/rng.ts";
import type { RunPlan } from "../shared/protocol/runPlan.ts";
import type { ClientUpdate } from "../shared/train/clientHalf.ts";
import type { Happening } from "./happening.ts";
import type { Handed } from "./pool/handed.ts";
import type { Stragglers } from "./stragglers.ts";
import type { VirtualClients } from "./virtualClients.ts";
import type { VirtualClock } from "./virtualClock.ts";
import { virtualHeaderHash, virtualTicket } from "./virtualTicket.ts";

export interface VirtualCoordinatorOptions {
  readonly seed: number;
  readonly plan: RunPlan;
  /** The clients that may be asked, in the order of their numbers. */
  readonly eligible: readonly Candidate[];
  readonly strategy: Strategy;
  /** The global params of version 0, [numParams]; copied. */
  readonly params: Float32Array;
  readonly hashParams: (params: Float32Array) => ContentHash;
  readonly clock: VirtualClock<Happening>;
  readonly clients: VirtualClients;
  readonly stragglers: Stragglers;
  /** Delta of a training from these params on data of the coordinator's own, where the strategy `needsRoot`. */
  readonly trainOnRoot?: (params: Float32Array) => Float32Array;
}

/** What a round left behind. */
export interface RoundResult {
  readonly round: number;
  readonly cohort: number;
  readonly accepted: number;
  readonly examples: number;
  readonly trainLoss: number;
}

export interface VirtualCoordinator {
  /** Selects a cohort and opens the next attempt. */
  open(): void;
  apply(event: RoundEvent): void;
  /** A client's whole update has arrived; `delta` is only read until the call returns. */
  receive(client: number, ticket: string, upload: number, update: ClientUpdate): void;
  /** What a client would be handed now. */
  handed(client: number): Handed;
  /** What was handed out with a ticket; undefined once nobody waits for its answer. */
  handedWith(ticket: string): Handed | undefined;
  /** How the open attempt ended; nothing while it goes on. */
  ended(): RoundResult | { readonly abortedBecause: string } | undefined;
  params(): Float32Array;
  paramsHash(): ContentHash;
}

interface Arrival {
  readonly update: ClientUpdate;
  readonly upload: number;
}

/** A ticket's offer: what it handed out, how many commits were behind that, and when, in virtual time. */
interface Issued {
  readonly handed: Handed;
  readonly version: number;
  readonly atMs: number;
}

/**
 * The coordinator of a simulation: the production state machine and strategy, performed in memory. An append is durable
 * at once, a receipt is a function call. Everything it does follows from the seed and the order of virtual time.
 */
export function createVirtualCoordinator(options: VirtualCoordinatorOptions): VirtualCoordinator {
  const { seed, plan, eligible, strategy, clock } = options;
  const sampler = createCohortSampler(plan);
  const history = sampler.looksBack ? createParticipationHistory(eligible.length) : NO_HISTORY;
  let serverState = strategy.init(options.params);
  let paramsHash = options.hashParams(serverState.params);
  let state = idleRound({ maxStaleness: plan.maxStaleness });
  let fold = strategy.openRound(serverState, 0);
  let deadline: number | undefined;
  let arriving: Arrival | undefined;
  let accepted = new Map<number, Pick<ClientUpdate, "numExamples" | "trainLoss">>();
  /** Of the members of the open attempt, by ticket. */
  let issued = new Map<string, Issued>();
  let ended: RoundResult | { readonly abortedBecause: string } | undefined;

  function apply(event: RoundEvent): void {
    const next = transition(state, event);
    state = next.state;
    for (const effect of next.effects) perform(effect);
  }

  function perform(effect: RoundEffect): void {
    const { round, attempt } = state;
    switch (effect.type) {
      case "announce":
        for (const member of effect.members) offer(member);
        return;
      case "set-deadline": {
        const { collection, delayMs } = effect;
        cancelDeadline();
        deadline = clock.schedule(delayMs, -1, {
          kind: "coordinator",
          event: { type: "deadline-passed", round, attempt, collection },
        });
        return;
      }
      case "clear-deadline":
        cancelDeadline();
        return;
      case "append":
        apply({ type: "update-durable", round, attempt, clientId: effect.clientId });
        return;
      case "receipt":
        options.clients.deliver(Number(effect.clientId), {
          type: "submit-answered",
          upload: arriving?.upload ?? -1,
          answer: { ok: true, offset: 0, receipt: { headerHash: effect.headerHash as ContentHash, valid: true } },
        });
        return;
      case "reject": {
        const { clientId, code, message } = effect;
        const answer = { ok: false, code, message } as const;
        options.clients.deliver(Number(clientId), { type: "submit-answered", upload: arriving?.upload ?? -1, answer });
        return;
      }
      case "fold": {
        const { update } = arriving as Arrival;
        const { handed, version, atMs } = issued.get(memberOf(effect.clientId).ticket) as Issued;
        fold.add({
          clientId: effect.clientId,
          weight: effect.weight,
          staleness: state.version - version,
          delta: update.delta,
          parts: update.parts,
          metrics: update.metrics,
          ...(strategy.needsBase && { base: handed.params }),
        });
        accepted.set(Number(effect.clientId), update);
        history.observe({
          type: "answered",
          clientId: effect.clientId,
          weight: effect.weight,
          trainLoss: update.trainLoss,
          durationMs: clock.nowMs() - atMs,
        });
        return;
      }
      case "aggregate":
        serverState = aggregated();
        apply({ type: "aggregated", round, attempt });
        return;
      case "commit":
        paramsHash = options.hashParams(serverState.params);
        apply({ type: "committed", round, attempt });
        return;
      case "broadcast":
        ended = summarize();
        // Clients outside the cohort would only note the news; theirs is left out.
        tellMembers({ type: "commit", connection: 1, round, attempt, paramsHash });
        return;
      case "abort":
        ended = { abortedBecause: effect.reason };
        tellMembers({ type: "round", connection: 1, round, attempt, phase: "aborted" });
        return;
      case "collect":
        throw new TypeError(`a simulation collects updates alone, not "${effect.collection}"`);
    }
  }

  /** @throws Error, no RangeError, if no params come of it: that is no fault of the client whose update came last. */
  function aggregated(): ServerState {
    const { round, attempt } = state;
    try {
      const rootDelta = options.trainOnRoot?.(serverState.params);
      const next = fold.finish({ seed: `${seed}-${round}-${attempt}`, ...(rootDelta && { rootDelta }) });
      if (next instanceof Promise) throw new TypeError("a simulation aggregates at once");
      return next;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Error(`round ${round} cannot be aggregated: ${error.message}`, { cause: error });
    }
  }

  function memberOf(clientId: string): Member {
    return findMember(state, clientId) as Member;
  }

  function handedNow(client: number): Handed {
    const handouts = new Map(strategy.handouts(serverState, String(client)));
    const params = handouts.get("params") as Float32Array;
    handouts.delete("params");
    return { params, handouts };
  }

  function carried(): EnteringMember[] {
    const offeredAtMs = (ticket: string): number | undefined => issued.get(ticket)?.atMs;
    const members = carriedMembers(state, { nowMs: clock.nowMs(), deadlineMs: plan.deadlineMs, offeredAtMs });
    return members.map(({ clientId, ticket, baseVersion }) => ({ clientId, ticket, carriedFrom: baseVersion }));
  }

  function offer({ clientId, ticket }: Member): void {
    const { round, attempt, version: baseVersion } = state;
    const { deadlineMs } = plan;
    options.clients.deliver(Number(clientId), {
      type: "offer",
      connection: 1,
      offer: {
        round,
        attempt,
        ticket,
        baseParamsHash: paramsHash,
        baseVersion,
        deadlineMs,
        numParams: serverState.params.length,
      },
    });
  }

  function tellMembers(event: SessionEvent): void {
    // Told in the order of the members; those of an asynchronous run go on if they may.
    for (const { clientId } of state.members) options.clients.deliver(Number(clientId), event);
  }

  function cancelDeadline(): void {
    if (deadline !== undefined) clock.cancel(deadline);
    deadline = undefined;
  }

  /** Sums in the order of the clients, so that the order of arrival does not show in the last bits of the loss. */
  function summarize(): RoundResult {
    let examples = 0;
    let lossSum = 0;
    for (const client of [...accepted.keys()].sort((a, b) => a - b)) {
      const update = accepted.get(client) as Pick<ClientUpdate, "numExamples" | "trainLoss">;
      examples += update.numExamples;
      lossSum += update.trainLoss * update.numExamples;
    }
    const { round, members } = state;
    return { round, cohort: members.length, accepted: accepted.size, examples, trainLoss: lossSum / examples };
  }

  /** New members beside those who go on. */
  function pick(round: number, attempt: number, goingOn: readonly EnteringMember[]): readonly string[] {
    const wanted =
      "concurrency" in plan.strategy
        ? plan.strategy.concurrency
        : selectionSize(plan.cohort.size, plan.cohort.overSelection);
    const busy = new Set(goingOn.map(({ clientId }) => clientId));
    const free = busy.size === 0 ? eligible : eligible.filter(({ id }) => !busy.has(id));
    const size = Math.min(wanted - goingOn.length, free.length);
    if (size <= 0) return [];
    return sampler.pick({ eligible: free, size, round, rng: createRng(seed, "cohort", round, attempt), history });
  }

  return {
    open() {
      const { round, attempt } = nextAttempt(state);
      const { size, quorum } = plan.cohort;
      const goingOn = carried();
      const cohort = pick(round, attempt, goingOn);
      history.observe({ type: "asked", round, clientIds: cohort });
      fold = strategy.openRound(serverState, round);
      accepted = new Map();
      ended = undefined;
      const before = issued;
      issued = new Map(goingOn.map(({ ticket }) => [ticket, before.get(ticket) as Issued]));
      const invited = cohort.map((clientId) => ({ clientId, ticket: virtualTicket(round, attempt, Number(clientId)) }));
      for (const { clientId, ticket } of invited) {
        issued.set(ticket, { handed: handedNow(Number(clientId)), version: state.version, atMs: clock.nowMs() });
      }
      options.stragglers.choose(round, attempt, cohort.map(Number));
      const members = [...goingOn, ...invited];
      apply({
        type: "opened",
        round,
        attempt,
        members,
        collections: plainCollections({ goal: Math.min(size, members.length), quorum, deadlineMs: plan.deadlineMs }),
      });
    },
    apply,
    receive(client, ticket, upload, update) {
      arriving = { update, upload };
      const { round, attempt } = state;
      const baseVersion = issued.get(ticket)?.version ?? state.version;
      apply({
        type: "update-verified",
        round,
        attempt,
        clientId: String(client),
        ticket,
        headerHash: virtualHeaderHash(ticket),
        weight: Math.min(update.numExamples, plan.maxWeight),
        baseVersion,
        collection: "update",
      });
      arriving = undefined;
    },
    handed: handedNow,
    handedWith: (ticket) => issued.get(ticket)?.handed,
    ended: () => ended,
    params: () => serverState.params,
    paramsHash: () => paramsHash,
  };
}
