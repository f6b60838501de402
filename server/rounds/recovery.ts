import { type ContentHash, fromHex } from "../../shared/base/hash.ts";
import { codecById } from "../../shared/codec/registry.ts";
import { commitHash } from "../../shared/protocol/commitRecord.ts";
import { createOffer } from "../../shared/protocol/createOffer.ts";
import { manifestHash, parseManifest } from "../../shared/protocol/manifest.ts";
import { fromBase64 } from "../store/base64.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import { readRunHistory } from "../store/runHistory.ts";
import type { Store, StoredEvent } from "../store/store.ts";
import type { Answered, Assignment } from "./assignments.ts";
import { type AttemptRef, idleRound, plainCollections, type RoundState } from "./roundState.ts";
import { createRoundSummaries, type RoundSummaries, summaryOf } from "./roundSummaries.ts";
import type { TalliedUpdate } from "./roundTally.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { signReceipt } from "./signReceipt.ts";
import { transition } from "./transition.ts";

/** One attempt that the journal remembers, with the receipts given in it. */
export interface RecoveredAttempt {
  readonly assignments: readonly Assignment[];
  readonly answers: readonly (Answered & { readonly ticket: string })[];
}

/** A run as it stood when the last process ended. */
export interface RecoveredRun {
  /** Idle, or the open attempt with its accepted updates. */
  readonly state: RoundState;
  /** Whether the journal already says that the open attempt is sealed. */
  readonly isSealJournaled: boolean;
  readonly paramsHash: ContentHash;
  readonly params: Float32Array;
  readonly paramsBytes: Uint8Array;
  readonly lastCommitHash: ContentHash | null;
  /** Accepted updates of the open attempt, to be folded again. */
  readonly updates: readonly TalliedUpdate[];
  /** The last attempts, oldest first. */
  readonly attempts: readonly RecoveredAttempt[];
  readonly summaries: RoundSummaries;
  /** Hashes of params, from version 0. */
  readonly published: readonly ContentHash[];
}

const ATTEMPTS_KEPT = 16;

interface SeenAttempt {
  readonly opened: JournalEventOf<"round-opened">;
  readonly updates: { readonly seq: number; readonly event: JournalEventOf<"update-accepted"> }[];
}

/**
 * Reads the journal and puts the run back where it was. Accepted updates of an open attempt are read from their blobs;
 * their receipts are signed again and come out the same.
 * @throws CorruptStoreError or MissingBlobError if the store does not hold what its journal says.
 */
export async function recoverRun(run: Run, ports: CoordinatorPorts): Promise<RecoveredRun> {
  const { store, sha256, paramsFormat } = ports;
  const seen: SeenAttempt[] = [];
  const summaries = createRoundSummaries();
  const history = readRunHistory(observe(store.events(), seen, summaries));
  if (history.created === undefined) throw new TypeError("a run is recovered from a journal that has one");
  const { commits, open, aborted } = history;
  const published = [history.created.paramsHash, ...commits.map(({ paramsHash }) => paramsHash)];
  const paramsHash = published.at(-1) as ContentHash;
  const paramsBytes = await store.getBlob(paramsHash);
  const lastRecord = commits.at(-1)?.record;

  const attempts = await Promise.all(seen.map((attempt) => recoverAttempt(run, ports, attempt, paramsBytes.length)));
  const between = idleRound({
    version: commits.length,
    attempt: open?.opened.attempt ?? (aborted === undefined ? 0 : aborted.attempt + 1),
    maxStaleness: run.plan.maxStaleness,
  });
  return {
    state: open === undefined ? between : replay(run, between, open),
    isSealJournaled: open?.sealed !== undefined,
    paramsHash,
    params: paramsFormat.decode(paramsBytes),
    paramsBytes,
    lastCommitHash: lastRecord === undefined ? null : commitHash(fromBase64(lastRecord), sha256),
    updates: await Promise.all((open?.updates ?? []).map((update) => readUpdate(run, store, update))),
    attempts,
    summaries,
    published,
  };
}

/** Passes the events on while it notes what is shown to people and the last attempts. */
function* observe(
  events: Iterable<StoredEvent>,
  seen: SeenAttempt[],
  summaries: RoundSummaries,
): Generator<StoredEvent> {
  for (const stored of events) {
    const { event, seq } = stored;
    if (event.kind === "round-opened") {
      seen.push({ opened: event, updates: [] });
      if (seen.length > ATTEMPTS_KEPT) seen.shift();
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
  { signer, sha256 }: CoordinatorPorts,
  { opened, updates }: SeenAttempt,
  paramsBytes: number,
): Promise<RecoveredAttempt> {
  const { round, attempt, paramsHash, members } = opened;
  const ticketOf = new Map(members.map(({ clientId, ticket }) => [clientId, ticket]));
  const answers = updates.map(async ({ seq, event: { clientId, headerHash } }) => ({
    ticket: ticketOf.get(clientId) as string,
    headerHash,
    receipt: await signReceipt(run, signer, { clientId, round, attempt, headerHash, journalSeq: seq }),
  }));
  return {
    assignments: members.map((member) => assign(run, { round, attempt }, member, { paramsHash, paramsBytes }, sha256)),
    answers: await Promise.all(answers),
  };
}

/** What a member of an attempt is asked. */
export function assign(
  run: Run,
  { round, attempt }: AttemptRef,
  { clientId, ticket }: { readonly clientId: string; readonly ticket: string },
  base: { readonly paramsHash: ContentHash; readonly paramsBytes: number },
  sha256: CoordinatorPorts["sha256"],
): Assignment {
  const offer = createOffer({
    round,
    attempt,
    ticket: fromHex(ticket),
    baseParamsHash: base.paramsHash,
    baseVersion: round, // synchronous: round r starts from r commits
    deadlineMs: run.plan.deadlineMs,
    numParams: run.numParams,
    paramsBytes: base.paramsBytes,
  });
  return { clientId, ticket, offer, offerManifestHash: manifestHash(offer.manifest, sha256) };
}

/** The collections of an attempt; a cohort smaller than the plan's goal is complete when all have answered. */
export function collectionsOf({ plan }: Run, numMembers: number) {
  const { size, quorum } = plan.cohort;
  return plainCollections({ goal: Math.min(size, numMembers), quorum, deadlineMs: plan.deadlineMs });
}

/** Runs the open attempt through the state machine again; its effects have happened already. */
function replay(run: Run, idle: RoundState, open: NonNullable<ReturnType<typeof readRunHistory>["open"]>): RoundState {
  const { round, attempt, members } = open.opened;
  const ref = { round, attempt };
  const collections = collectionsOf(run, members.length);
  let { state } = transition(idle, { type: "opened", ...ref, members, collections });
  const tickets = new Map(members.map(({ clientId, ticket }) => [clientId, ticket]));
  for (const { clientId, headerHash, weight } of open.updates) {
    const answer = { clientId, ticket: tickets.get(clientId) as string, headerHash, weight, baseVersion: round };
    state = transition(state, { type: "update-verified", ...ref, ...answer, collection: "update" }).state;
    state = transition(state, { type: "update-durable", ...ref, clientId }).state;
  }
  return open.sealed === undefined
    ? state
    : transition(state, { type: "deadline-passed", ...ref, collection: "update" }).state;
}

async function readUpdate(run: Run, store: Store, event: JournalEventOf<"update-accepted">): Promise<TalliedUpdate> {
  const payload = await store.getBlob(event.payloadHash);
  const { metrics } = parseManifest(fromBase64(event.manifest));
  return { delta: codecById(run.plan.codec).decode(payload, run.numParams), weight: event.weight, metrics };
}
