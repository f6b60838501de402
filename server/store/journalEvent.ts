import * as v from "valibot";
import { type ContentHash, isContentHash } from "../../shared/base/hash.ts";

/** Members of a cohort, updates of a round: far beyond any real round, only there to bound a replay. */
const MAX_MEMBERS = 1_000_000;

const hash = v.custom<ContentHash>(
  (value) => typeof value === "string" && isContentHash(value),
  "expected sha256-<64 hex digits>",
);
/** A raw Ed25519 public key, lower-case hex: a client's id, or the coordinator's. */
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));
const ticket = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, "expected 32 lower-case hex digits"));
const bytes = v.pipe(v.string(), v.maxLength(1 << 20), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "expected base64"));
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
