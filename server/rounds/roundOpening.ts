import { toHex } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import { createTicket, ticketText } from "../../shared/protocol/ticket.ts";
import type { Assignment } from "./assignments.ts";
import { carriedMembers } from "./carriedMembers.ts";
import type { Candidate } from "./cohort/candidate.ts";
import type { CohortSampler } from "./cohort/cohortSampler.ts";
import type { ParticipationHistory } from "./cohort/participationHistory.ts";
import { selectionSize } from "./cohort/selectionSize.ts";
import { OpeningRefused } from "./openingRefused.ts";
import { openingWait } from "./openingWait.ts";
import { collectionsOf, createAssign, enteringMembers, type Opened, offeredTo } from "./recovery.ts";
import type { RoundContext } from "./roundContext.ts";
import { findMember, nextAttempt } from "./roundState.ts";

export interface RoundOpeningOptions {
  readonly context: RoundContext;
  readonly sampler: CohortSampler;
  readonly history: ParticipationHistory;
  /** Asked before a round opens: why it must not (disk cap reached), or undefined. */
  readonly mayOpen?: (() => Promise<string | undefined>) | undefined;
  /** Whether nothing of an earlier round is still on its way to the disk. */
  readonly isSettled: () => boolean;
  readonly isDraining: () => boolean;
  /** Runs work that must be durable; a failure pauses the run. */
  readonly track: (work: () => Promise<void>) => void;
}

/** Decides when a round opens and who is in it. */
export interface RoundOpening {
  /** Opens the next round if it is time, or looks again when it may be. */
  consider(): void;
  cancel(): void;
  /** Members that a full cohort has. */
  readonly wanted: number;
}

export function createRoundOpening(options: RoundOpeningOptions): RoundOpening {
  const { context, sampler, history } = options;
  const { run, ports, timing, clients, assignments, model, pace } = context;
  const { plan } = run;
  const { clock, store } = ports;
  const wanted =
    "concurrency" in plan.strategy
      ? plan.strategy.concurrency
      : selectionSize(plan.cohort.size, plan.cohort.overSelection);
  let cancelLook: (() => void) | undefined;
  /** Since when the next round has been due; undefined while one is open. */
  let dueSinceMs: number | undefined;
  /** Since when a quorum has been there that may be asked, as far as anybody looked. */
  let enoughSinceMs: number | undefined;

  function carried(): Opened["members"] {
    const offeredAtMs = (ticket: string): number | undefined => assignments.find(ticket)?.offeredAtMs;
    const members = carriedMembers(context.state(), { nowMs: clock.nowMs(), deadlineMs: plan.deadlineMs, offeredAtMs });
    return members.map(({ clientId, ticket }) => {
      const { round, attempt, baseParamsHash } = (assignments.find(ticket) as Assignment).offer;
      return { clientId, ticket, base: { round, attempt, paramsHash: baseParamsHash } };
    });
  }

  function consider(): void {
    cancelLook?.();
    cancelLook = undefined;
    const { phase } = context.state();
    const isBetween = phase === "idle" || phase === "committed" || phase === "aborted";
    if (!isBetween || options.isDraining() || !options.isSettled()) return;
    if (context.control.isBarred || context.isFinished()) return;
    const { numHere, numAway } = count();
    const { quorum } = plan.cohort;
    const nowMs = clock.nowMs();
    dueSinceMs ??= nowMs;
    enoughSinceMs = numHere < quorum ? undefined : (enoughSinceMs ?? nowMs);
    const waitMs = openingWait(
      {
        nowMs,
        notBeforeMs: pace.notBeforeMs,
        numEligible: numHere,
        numConnected: clients.size,
        wanted: Math.max(quorum, wanted - numAway),
        quorum,
        lastArrivalMs: Math.max(clients.lastJoinMs, enoughSinceMs ?? nowMs),
        gatheringSinceMs: Math.max(dueSinceMs, enoughSinceMs ?? nowMs),
      },
      timing,
    );
    if (waitMs === undefined) return; // the next arrival asks again
    if (waitMs > 0) cancelLook = clock.schedule(waitMs, consider);
    else options.track(open);
  }

  /** Members who go on with earlier work, whom else a round may ask, and how many of these are there now or away. */
  function available() {
    const goingOn = carried();
    const busy = new Set(goingOn.map(({ clientId }) => clientId));
    const eligible = clients.candidates().filter(({ id }) => !busy.has(id));
    const numAway = goingOn.filter(({ clientId }) => clients.find(clientId) === undefined).length;
    return { goingOn, eligible, numHere: goingOn.length - numAway + eligible.length, numAway };
  }

  /**
   * How many a round would have that are there now, and how many that hold their places while they are away. Asked at each
   * arrival, so no list is made where none is needed: crowds arrive together.
   */
  function count(): { readonly numHere: number; readonly numAway: number } {
    return plan.maxStaleness > 0 ? available() : { numHere: clients.numEligible, numAway: 0 }; // else nobody goes on
  }

  async function open(): Promise<void> {
    const obstacle = await options.mayOpen?.();
    if (obstacle !== undefined) throw new OpeningRefused(obstacle);
    if (context.control.isBarred || context.isFinished()) return; // meanwhile, or since this failed before
    const { goingOn, eligible, numHere } = available();
    if (numHere < plan.cohort.quorum) return; // some left meanwhile; the next arrival asks again
    const due = nextAttempt(context.state());
    const invited = pick(eligible, wanted - goingOn.length, due.round);
    const offered = await model.offer(invited);
    const { paramsHash } = model;
    const members = [
      ...goingOn,
      ...invited.map((clientId) => {
        const ticket = ticketText(createTicket(ports.random));
        const own = offered.paramsHashOf.get(clientId) ?? paramsHash;
        return { clientId, ticket, ...(own !== paramsHash && { base: { ...due, paramsHash: own } }) };
      }),
    ];
    const { handouts } = offered;
    const opened: Opened = {
      kind: "round-opened",
      ...due,
      paramsHash,
      members,
      ...(handouts.length > 0 && { handouts: [...handouts] }),
    };
    if (context.control.isBarred) return; // told while the offers were made
    offered.spend();
    await store.append(opened);
    history.observe({ type: "asked", round: due.round, clientIds: invited });
    if (options.isDraining()) return; // durable: the next start resumes it
    begin(opened);
  }

  function pick(eligible: readonly Candidate[], size: number, round: number): readonly string[] {
    if (size <= 0 || eligible.length === 0) return [];
    const seed = new Uint8Array(32);
    ports.random.fill(seed);
    return sampler.pick({ eligible, size, round, rng: createRng(toHex(seed)), history });
  }

  function begin(opened: Opened): void {
    const { round, attempt, members } = opened;
    dueSinceMs = undefined;
    for (const { hash } of opened.handouts ?? []) context.published.add(hash);
    for (const { base } of members) if (base !== undefined) context.published.add(base.paramsHash);
    const paramsBytes = model.paramsBytes.length;
    const assign = createAssign(run, ports);
    assignments.open(
      members.map((member) => {
        const known = assignments.find(member.ticket); // of a member that goes on with its work
        return known ?? assign(offeredTo(opened, member, paramsBytes));
      }),
    );
    if (plan.maxStaleness === 0) context.uploads.clear();
    context.activity.beginAttempt();
    context.activity.add("round-opened", { round });
    model.beginAttempt(round);
    if (attempt === 0) {
      pace.openedAtMs = clock.nowMs();
      context.bytes.beginRound();
    }
    const entering = enteringMembers(opened);
    const before = context.state();
    context.dispatch({
      type: "opened",
      round,
      attempt,
      members: entering,
      collections: collectionsOf(run, members.length),
    });
    for (const { clientId, ticket } of members) {
      // What a member that goes on said, or how long it was away, while the opening was written.
      const was = findMember(before, clientId);
      if (was?.ticket === ticket && was.status === "declined") context.dispatch({ type: "declined", clientId, ticket });
      else if (was?.ticket === ticket && was.status === "dropped")
        context.dispatch({ type: "client-dropped", clientId });
      else if (clients.find(clientId) === undefined) context.presence.lost(clientId);
    }
  }

  return { consider, cancel: () => cancelLook?.(), wanted };
}
