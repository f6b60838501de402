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

/** A cohort was chosen; its tickets are valid for this round and attempt only. */
const roundOpened = v.strictObject({
  kind: v.literal("round-opened"),
  ...attempt,
  /** The params that its members train from. */
  paramsHash: hash,
  members: v.pipe(v.array(v.strictObject({ clientId: key, ticket })), v.maxLength(MAX_MEMBERS)),
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
const roundSealed = v.strictObject({ kind: v.literal("round-sealed"), ...attempt, headerHashes: hashes });

/** The round's new params; `record` is what the coordinator signed. */
const roundCommitted = v.strictObject({
  kind: v.literal("round-committed"),
  ...attempt,
  paramsHash: hash,
  metrics: v.record(v.string(), v.pipe(v.number(), v.finite())),
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

const journalEventSchema = v.variant("kind", [
  runCreated,
  roundOpened,
  updateAccepted,
  roundSealed,
  roundCommitted,
  roundAborted,
  ...identityEvents,
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
