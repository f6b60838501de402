import * as v from "valibot";
import { base64Text as bytes, contentHashText as hash, keyText as key } from "./eventFields.ts";
import { identityEvents } from "./identityEvent.ts";

/** Members of a cohort, updates of a round: far beyond any real round, only there to bound a replay. */
const MAX_MEMBERS = 1_000_000;

const ticket = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, "expected 32 lower-case hex digits"));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const document = v.record(v.string(), v.unknown());
const hashes = v.pipe(v.array(hash), v.maxLength(MAX_MEMBERS));
const attempt = { round: count, attempt: count };

/** The first event of every journal: what is run, and under whose key. */
const runCreated = v.strictObject({
  kind: v.literal("run-created"),
  /** The plan and the model document as objects; their hashes cover their canonical JSON. */
  plan: document,
  model: document,
  planHash: hash,
  modelHash: hash,
  coordinatorKey: key,
  /** The params of version 0. */
  paramsHash: hash,
  /** What is not for clients, of a run that was made while its coordinator ran. */
  settings: v.exactOptional(
    v.strictObject({
      /** A round is opened no sooner than this after the one before it. */
      minRoundMs: count,
      /** Test set that judges the rounds, by its built-in name; none when absent. */
      testSource: v.exactOptional(v.literal("mnist")),
    }),
  ),
  /** Where the params of version 0 come from, if from another run: the round whose commit made them, null for its first. */
  forkedFrom: v.exactOptional(v.strictObject({ runId: ticket, round: v.nullable(count) })),
});

/** A member of an attempt. */
const member = v.strictObject({
  clientId: key,
  ticket,
  /**
   * Where its offer differs from the event's: the round and attempt that it was made in, if a member of an asynchronous run
   * goes on with earlier work, and the params that it trains from.
   */
  base: v.exactOptional(v.strictObject({ ...attempt, paramsHash: hash })),
});

/** A cohort was chosen; a ticket is valid for the attempts whose opening lists it. */
const roundOpened = v.strictObject({
  kind: v.literal("round-opened"),
  ...attempt,
  /** The params that its members train from. */
  paramsHash: hash,
  members: v.pipe(v.array(member), v.maxLength(MAX_MEMBERS)),
  /** What the offers made now hand out beside params. */
  handouts: v.exactOptional(v.pipe(v.array(v.strictObject({ name: v.string(), hash })), v.maxLength(16))),
});

/** An update, exactly as signed, after every check; its receipt is sent once this event is durable. */
const updateAccepted = v.strictObject({
  kind: v.literal("update-accepted"),
  ...attempt,
  clientId: key,
  headerHash: hash,
  header: bytes,
  signature: bytes,
  manifest: bytes,
  /** The encoded delta: a blob for as long as retention keeps it. */
  payloadHash: hash,
  weight: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

/** The set of updates that go into the aggregate is final. */
const roundSealed = v.strictObject({
  kind: v.literal("round-sealed"),
  ...attempt,
  headerHashes: hashes,
  /** Seeds what the aggregator draws, so that it can be computed again; where it draws. */
  seed: v.exactOptional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"))),
  /** Delta of the coordinator's own training, a blob like an update's; where the aggregator compares with one. */
  rootDeltaHash: v.exactOptional(hash),
});

/** The round's new params; `record` is what the coordinator signed. */
const roundCommitted = v.strictObject({
  kind: v.literal("round-committed"),
  ...attempt,
  paramsHash: hash,
  metrics: v.record(v.string(), v.pipe(v.number(), v.finite())),
  /** What the strategy keeps beside params, a blob; where it keeps anything. */
  stateHash: v.exactOptional(hash),
  headerHashes: hashes,
  record: bytes,
  signature: bytes,
});

/** The attempt came to nothing; the round opens again as the next attempt. */
const roundAborted = v.strictObject({
  kind: v.literal("round-aborted"),
  ...attempt,
  reason: v.pipe(v.string(), v.maxLength(1000)),
});

/** An operator's word: no round is opened while the run is paused, and none ever again after it was stopped. */
const reason = v.pipe(v.string(), v.maxLength(1000));
const runPaused = v.strictObject({ kind: v.literal("run-paused"), reason });
const runResumed = v.strictObject({ kind: v.literal("run-resumed") });
/** Also written when the run's objective is reached. */
const runStopped = v.strictObject({
  kind: v.literal("run-stopped"),
  reason,
  /** The run reached its objective: it is finished, nobody stopped it. */
  isReached: v.exactOptional(v.literal(true)),
});

const journalEventSchema = v.variant("kind", [
  runCreated,
  roundOpened,
  updateAccepted,
  roundSealed,
  roundCommitted,
  roundAborted,
  ...identityEvents,
  runPaused,
  runResumed,
  runStopped,
]);

/** Something that happened to a run. Byte fields are base64. The type is inferred from the schema that replays check. */
export type JournalEvent = v.InferOutput<typeof journalEventSchema>;

/** The event of one kind: `JournalEventOf<"round-opened">`. */
export type JournalEventOf<K extends JournalEvent["kind"]> = Extract<JournalEvent, { readonly kind: K }>;

/** @throws TypeError naming the field and what it expected. */
export function parseJournalEvent(value: unknown): JournalEvent {
  const result = v.safeParse(journalEventSchema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new TypeError(`journal event "${v.getDotPath(issue) ?? "event"}": ${issue.message}`);
}
