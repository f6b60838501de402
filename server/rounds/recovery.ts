import { type ContentHash, fromHex } from "../../shared/base/hash.ts";
import { decodeUpdate } from "../../shared/protocol/checkUpdate.ts";
import { commitHash } from "../../shared/protocol/commitRecord.ts";
import { type Handout, offerManifest } from "../../shared/protocol/createOffer.ts";
import { manifestHash, parseManifest } from "../../shared/protocol/manifest.ts";
import { fromBase64 } from "../store/base64.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import { handedOut } from "../store/namedBlobs.ts";
import { createRetention, type Retention } from "../store/retention.ts";
import { type RunEnd, readRunHistory } from "../store/runHistory.ts";
import type { StoredEvent } from "../store/store.ts";
import { createStrategy } from "../strategies/createStrategy.ts";
import { decodeServerState } from "../strategies/serverStateBytes.ts";
import type { Contribution, ServerState } from "../strategies/strategy.ts";
import { type Answered, type Assignment, attemptsKept } from "./assignments.ts";
import { mayGoOn } from "./carriedMembers.ts";
import { createCohortSampler } from "./cohort/cohortSampler.ts";
import type { ParticipationHistory } from "./cohort/participationHistory.ts";
import { participationOf } from "./cohort/participationOf.ts";
import {
  type AttemptRef,
  type EnteringMember,
  findMember,
  idleRound,
  type Member,
  plainCollections,
  type RoundState,
} from "./roundState.ts";
import { createRoundSummaries, type RoundSummaries, summaryOf } from "./roundSummaries.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { signReceipt } from "./signReceipt.ts";
import { storedDelta } from "./storedDelta.ts";
import { transition } from "./transition.ts";

export type Opened = JournalEventOf<"round-opened">;

/** One attempt that the journal remembers, with the receipts given in it. */
export interface RecoveredAttempt {
  readonly assignments: readonly Assignment[];
  readonly answers: readonly (Answered & { readonly ticket: string })[];
}

/** A run as it stood when the last process ended. */
export interface RecoveredRun {
  /** Idle, or the open attempt with its accepted updates. An asynchronous run still waits for those who were at work. */
  readonly state: RoundState;
  /** The seal of the open attempt, if the journal has it. */
  readonly sealed: JournalEventOf<"round-sealed"> | undefined;
  readonly paramsHash: ContentHash;
  readonly serverState: ServerState;
  readonly paramsBytes: Uint8Array;
  readonly lastCommitHash: ContentHash | null;
  /** Of the open attempt, or the next one. */
  readonly round: number;
  /**
   * Accepted updates of the open attempt, to be folded again: read from their blobs as they are taken, so that they never lie
   * in memory together.
   */
  readonly updates: AsyncIterable<Contribution>;
  /** The last attempts, oldest first. */
  readonly attempts: readonly RecoveredAttempt[];
  readonly summaries: RoundSummaries;
  /** Hashes of params from version 0, and of what the last attempts handed out, as far as the store still holds them. */
  readonly published: readonly ContentHash[];
  /** Why an operator paused the run, if it is paused; why it is over before its last round, if it is. */
  readonly paused: string | undefined;
  readonly stopped: RunEnd | undefined;
  /** Whether the journal holds more than the run's creation. */
  readonly isContinued: boolean;
}

/** What a replay notes for those who look at it. */
interface Noted {
  readonly seen: SeenAttempt[];
  readonly summaries: RoundSummaries;
  readonly participations: ParticipationHistory;
  /** Says what the store holds, as it does to the store. */
  readonly retention: Retention;
}

interface SeenAttempt {
  readonly opened: Opened;
  readonly updates: { readonly seq: number; readonly event: JournalEventOf<"update-accepted"> }[];
}

/**
 * Reads the journal and puts the run back where it was. The receipts of the last attempts are signed again and come out
 * the same.
 * @throws CorruptStoreError or MissingBlobError if the store does not hold what its journal says.
 */
export async function recoverRun(
  run: Run,
  ports: CoordinatorPorts,
  participations: ParticipationHistory,
): Promise<RecoveredRun> {
  const { store, sha256, paramsFormat } = ports;
  const seen: SeenAttempt[] = [];
  const summaries = createRoundSummaries(run.plan.objective);
  const retention = createRetention();
  const noted = { seen, summaries, participations, retention };
  const history = readRunHistory(observe(store.events(), run.plan, noted));
  if (history.created === undefined) throw new TypeError("a run is recovered from a journal that has one");
  const { commits, lastCommit, open } = history;
  const versions = [history.created.paramsHash, ...commits.map(({ paramsHash }) => paramsHash)];
  const paramsHash = versions.at(-1) as ContentHash;
  const paramsBytes = await store.getBlob(paramsHash);
  const params = paramsFormat.decode(paramsBytes);
  const stateHash = lastCommit?.stateHash;
  const serverState: ServerState =
    stateHash === undefined
      ? createStrategy(run.plan, run.numParams, run).init(params)
      : { params, vectors: decodeServerState(await store.getBlob(stateHash)) };

  const attempts = await Promise.all(seen.map((attempt) => recoverAttempt(run, ports, attempt, paramsBytes.length)));
  return {
    state: open === undefined ? between(run, history, seen.at(-1)) : replay(run, open),
    sealed: open?.sealed,
    paramsHash,
    serverState,
    paramsBytes,
    lastCommitHash: lastCommit === undefined ? null : commitHash(fromBase64(lastCommit.record), sha256),
    round: commits.length,
    updates: readUpdates(run, ports, open),
    attempts,
    summaries,
    published: [...versions, ...seen.flatMap(({ opened }) => handedOut(opened))].filter(retention.needs),
    paused: history.paused,
    stopped: history.stopped,
    isContinued: seen.length > 0,
  };
}

/** Passes the events on while it notes what is shown to people and the last attempts. */
function* observe(
  events: Iterable<StoredEvent>,
  plan: Run["plan"],
  { seen, summaries, participations, retention }: Noted,
): Generator<StoredEvent> {
  const mostAttempts = attemptsKept(plan);
  const { looksBack } = createCohortSampler(plan);
  for (const stored of events) {
    const { event, seq } = stored;
    const participation = looksBack ? participationOf(event) : undefined; // takes time where the journal is long
    if (participation) participations.observe(participation);
    retention.observe(event);
    if (event.kind === "round-opened") {
      seen.push({ opened: event, updates: [] });
      if (seen.length > mostAttempts) seen.shift();
    } else if (event.kind === "update-accepted") {
      seen.at(-1)?.updates.push({ seq, event });
    } else if (event.kind === "round-committed") {
      summaries.add(summaryOf(event.round, event.paramsHash, event.metrics));
    }
    yield stored;
  }
}

async function recoverAttempt(
  run: Run,
  ports: CoordinatorPorts,
  { opened, updates }: SeenAttempt,
  paramsBytes: number,
): Promise<RecoveredAttempt> {
  const assign = createAssign(run, ports);
  const assignments = opened.members.map((member) => assign(offeredTo(opened, member, paramsBytes)));
  const byClient = new Map(assignments.map((assignment) => [assignment.clientId, assignment]));
  const answers = updates.map(async ({ seq, event: { clientId, headerHash } }) => {
    const { ticket, offer } = byClient.get(clientId) as Assignment;
    const { round, attempt } = offer;
    const receipt = await signReceipt(run, ports.signer, { clientId, round, attempt, headerHash, journalSeq: seq });
    return { ticket, headerHash, receipt };
  });
  return { assignments, answers: await Promise.all(answers) };
}

/** What one member was offered, wherever it is written down. */
export interface OfferFacts extends AttemptRef {
  readonly clientId: string;
  /** Hex. */
  readonly ticket: string;
  readonly paramsHash: ContentHash;
  readonly paramsBytes: number;
  readonly handouts: readonly Handout[];
}

/** What an opening says that a member was offered: now, or in the round that it goes on from. */
export function offeredTo(
  opened: Opened,
  { clientId, ticket, base }: Opened["members"][number],
  paramsBytes: number,
): OfferFacts {
  const { round, attempt, paramsHash } = base ?? opened;
  return { clientId, ticket, round, attempt, paramsHash, paramsBytes, handouts: opened.handouts ?? [] };
}

/**
 * Says what each member of one opening is asked. Those who train from the same params share one manifest: for thousands of
 * members its bytes and its digest are most of the work, and of the memory.
 */
export function createAssign(
  { plan, numParams }: Run,
  { sha256, clock }: CoordinatorPorts,
): (facts: OfferFacts) => Assignment {
  const manifests = new Map<ContentHash, { readonly manifest: Uint8Array; readonly offerManifestHash: ContentHash }>();
  return ({ clientId, ticket, round, attempt, paramsHash: baseParamsHash, paramsBytes, handouts }) => {
    let shared = manifests.get(baseParamsHash);
    if (shared === undefined) {
      const manifest = offerManifest({ baseParamsHash, numParams, paramsBytes, handouts });
      shared = { manifest, offerManifestHash: manifestHash(manifest, sha256) };
      manifests.set(baseParamsHash, shared);
    }
    const { manifest, offerManifestHash } = shared;
    const base = { baseParamsHash, baseVersion: round }; // round r starts from r commits
    const offer = {
      round,
      attempt,
      ticket: fromHex(ticket),
      ...base,
      deadlineMs: plan.deadlineMs,
      numParams,
      manifest,
    };
    return { clientId, ticket, offer, offerManifestHash, offeredAtMs: clock.nowMs() };
  };
}

/** The collections of an attempt; a cohort smaller than the plan's goal is complete when all have answered. */
export function collectionsOf({ plan }: Run, numMembers: number) {
  const { size, quorum } = plan.cohort;
  return plainCollections({ goal: Math.min(size, numMembers), quorum, deadlineMs: plan.deadlineMs });
}

/** The members of an opening as the state machine takes them. */
export function enteringMembers({ round, members }: Opened): readonly EnteringMember[] {
  return members.map(({ clientId, ticket, base }) => {
    const isCarried = base !== undefined && base.round !== round;
    return { clientId, ticket, ...(isCarried && { carriedFrom: base.round }) };
  });
}

type OpenAttempt = NonNullable<ReturnType<typeof readRunHistory>["open"]>;

/** Nothing is open; an asynchronous run that goes on still waits for those whom its last attempt left at work. */
function between(
  run: Run,
  { commits, aborted, stopped }: ReturnType<typeof readRunHistory>,
  last: SeenAttempt | undefined,
): RoundState {
  const { maxStaleness, rounds } = run.plan;
  const version = commits.length;
  const isOver = stopped !== undefined || (rounds !== null && version >= rounds);
  return idleRound({
    version,
    attempt: aborted === undefined ? 0 : aborted.attempt + 1,
    maxStaleness,
    atWork: maxStaleness === 0 || isOver || last === undefined ? [] : leftAtWork(run, last, version),
  });
}

function leftAtWork(run: Run, { opened, updates }: SeenAttempt, version: number): readonly Member[] {
  const attempt = { opened, updates: updates.map(({ event }) => event), sealed: undefined };
  return replay(run, attempt).members.filter((member) => mayGoOn(member, version, run.plan.maxStaleness));
}

/** Runs an attempt through the state machine again; its effects have happened already. */
function replay(run: Run, { opened, updates, sealed }: OpenAttempt): RoundState {
  const ref = { round: opened.round, attempt: opened.attempt };
  const idle = idleRound({ version: ref.round, attempt: ref.attempt, maxStaleness: run.plan.maxStaleness });
  const members = enteringMembers(opened);
  const collections = collectionsOf(run, members.length);
  let { state } = transition(idle, { type: "opened", ...ref, members, collections });
  for (const { clientId, headerHash, weight } of updates) {
    const { ticket, baseVersion } = findMember(state, clientId) as Member;
    const answer = { clientId, ticket, headerHash, weight, baseVersion };
    state = transition(state, { type: "update-verified", ...ref, ...answer, collection: "update" }).state;
    state = transition(state, { type: "update-durable", ...ref, clientId }).state;
  }
  return sealed === undefined
    ? state
    : transition(state, { type: "deadline-passed", ...ref, collection: "update" }).state;
}

/** While one is folded, the next is read. */
async function* readUpdates(
  run: Run,
  ports: CoordinatorPorts,
  open: OpenAttempt | undefined,
): AsyncGenerator<Contribution> {
  if (open === undefined) return;
  const read = updateReader(run, ports, open);
  let next: Promise<Contribution> | undefined;
  for (const [i, update] of open.updates.entries()) {
    const current = next ?? read(update);
    const following = open.updates[i + 1];
    next = following && read(following);
    next?.catch(() => {}); // told when its turn comes
    yield await current;
  }
}

function updateReader(run: Run, { store, paramsFormat }: CoordinatorPorts, { opened }: OpenAttempt) {
  const { needsBase } = createStrategy(run.plan, run.numParams, run);
  const baseOf = new Map(opened.members.map(({ clientId, base }) => [clientId, base ?? opened]));
  return async ({
    clientId,
    weight,
    payloadHash,
    manifest,
  }: JournalEventOf<"update-accepted">): Promise<Contribution> => {
    const { round, paramsHash } = baseOf.get(clientId) as NonNullable<ReturnType<typeof baseOf.get>>;
    const parsed = parseManifest(fromBase64(manifest));
    return {
      clientId,
      weight,
      staleness: opened.round - round,
      ...decodeUpdate(run.plan, run.numParams, parsed, await store.getBlob(payloadHash)),
      storedDelta: storedDelta(store, payloadHash, parsed),
      metrics: parsed.metrics,
      ...(needsBase && { base: paramsFormat.decode(await store.getBlob(paramsHash)) }),
    };
  };
}
