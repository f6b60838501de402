import type { SessionEvent } from "../client/core/sessionEvent.ts";
import { createCohortSampler } from "../server/rounds/cohort/cohortSampler.ts";
import { createParticipationHistory } from "../server/rounds/cohort/participationHistory.ts";
import { selectionSize } from "../server/rounds/cohort/selectionSize.ts";
import {
  idleRound,
  type Member,
  nextAttempt,
  plainCollections,
  type RoundEffect,
  type RoundEvent,
} from "../server/rounds/roundState.ts";
import { transition } from "../server/rounds/transition.ts";
import type { Strategy } from "../server/strategies/strategy.ts";
import type { ContentHash } from "../shared/base/hash.ts";
import { createRng } from "../shared/base/rng.ts";
import type { RunPlan } from "../shared/protocol/runPlan.ts";
import type { LocalUpdate } from "../shared/train/localTrainer.ts";
import type { Happening } from "./happening.ts";
import type { VirtualClients } from "./virtualClients.ts";
import type { VirtualClock } from "./virtualClock.ts";
import { virtualHeaderHash, virtualTicket } from "./virtualTicket.ts";

export interface VirtualCoordinatorOptions {
  readonly seed: number;
  readonly plan: RunPlan;
  readonly numClients: number;
  /** Examples that a client trains on. */
  readonly numExamples: (client: number) => number;
  readonly strategy: Strategy;
  /** The global params of version 0, [numParams]; copied. */
  readonly params: Float32Array;
  readonly hashParams: (params: Float32Array) => ContentHash;
  readonly clock: VirtualClock<Happening>;
  readonly clients: VirtualClients;
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
  receive(client: number, ticket: string, upload: number, update: LocalUpdate): void;
  /** How the open attempt ended; nothing while it goes on. */
  ended(): RoundResult | { readonly abortedBecause: string } | undefined;
  params(): Float32Array;
  paramsHash(): ContentHash;
}

const NO_PARTS: ReadonlyMap<string, Float32Array> = new Map();

interface Arrival {
  readonly update: LocalUpdate;
  readonly upload: number;
}

/**
 * The coordinator of a simulation: the production state machine and strategy, performed in memory. An append is durable
 * at once, a receipt is a function call. Everything it does follows from the seed and the order of virtual time.
 */
export function createVirtualCoordinator(options: VirtualCoordinatorOptions): VirtualCoordinator {
  const { seed, plan, strategy, clock } = options;
  const eligible = Array.from({ length: options.numClients }, (_, client) => ({
    id: String(client),
    numExamples: options.numExamples(client),
  }));
  const sampler = createCohortSampler(plan);
  const history = createParticipationHistory(options.numClients);
  let serverState = strategy.init(options.params);
  let paramsHash = options.hashParams(serverState.params);
  let state = idleRound({ maxStaleness: plan.maxStaleness });
  let fold = strategy.openRound(serverState, 0);
  let openedAtMs = 0;
  let deadline: number | undefined;
  let arriving: Arrival | undefined;
  let accepted = new Map<number, Pick<LocalUpdate, "numExamples" | "trainLoss">>();
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
        fold.add({
          clientId: effect.clientId,
          weight: effect.weight,
          staleness: 0,
          delta: update.delta,
          parts: NO_PARTS,
          metrics: { trainLoss: update.trainLoss },
        });
        accepted.set(Number(effect.clientId), update);
        history.observe({
          type: "answered",
          clientId: effect.clientId,
          weight: effect.weight,
          trainLoss: update.trainLoss,
          durationMs: clock.nowMs() - openedAtMs,
        });
        return;
      }
      case "aggregate": {
        const next = fold.finish({ seed: "" });
        if (next instanceof Promise) throw new TypeError("a simulation aggregates at once");
        serverState = next;
        apply({ type: "aggregated", round, attempt });
        return;
      }
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
      const update = accepted.get(client) as Pick<LocalUpdate, "numExamples" | "trainLoss">;
      examples += update.numExamples;
      lossSum += update.trainLoss * update.numExamples;
    }
    const { round, members } = state;
    return { round, cohort: members.length, accepted: accepted.size, examples, trainLoss: lossSum / examples };
  }

  return {
    open() {
      const { round, attempt } = nextAttempt(state);
      const { size, overSelection, quorum } = plan.cohort;
      const rng = createRng(seed, "cohort", round, attempt);
      const cohort = sampler.pick({ eligible, size: selectionSize(size, overSelection), round, rng, history });
      history.observe({ type: "asked", round, clientIds: cohort });
      openedAtMs = clock.nowMs();
      fold = strategy.openRound(serverState, round);
      accepted = new Map();
      ended = undefined;
      apply({
        type: "opened",
        round,
        attempt,
        members: cohort.map((clientId) => ({ clientId, ticket: virtualTicket(round, attempt, Number(clientId)) })),
        collections: plainCollections({ goal: size, quorum, deadlineMs: plan.deadlineMs }),
      });
    },
    apply,
    receive(client, ticket, upload, update) {
      arriving = { update, upload };
      const { round, attempt, version: baseVersion } = state;
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
    ended: () => ended,
    params: () => serverState.params,
    paramsHash: () => paramsHash,
  };
}
