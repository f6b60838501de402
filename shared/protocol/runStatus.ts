import * as v from "valibot";
import { ProtocolError } from "../base/errors.ts";

/**
 * What a coordinator tells anybody who may look, over HTTP, and what the page is drawn from:
 *
 *   GET /api/status          RunStatus
 *   GET /api/rounds          RoundHistory, oldest first, at most the last 10,000
 *   GET /api/events          server-sent events; `data` is JSON:
 *       event: status        RunStatus; once on connect, and when a round opens, commits or aborts
 *       event: cohort        LiveStatus; when anything in it changed, at most four a second
 *       event: round         RoundSummary; once for each commit, after it is durable
 *   GET /api/sample/:shard   rows for a person to try with (present while `run.sample` is): an IDX images file (u8)
 *                            and straight after it the IDX labels file (u8) of the same rows; shards count from 0
 *
 * Nothing here is secret, and nothing here is trusted by a client that trains: the session checks plan, model and
 * params against signed hashes. Fields may be added; readers ignore the ones that they do not know.
 */
export const RUN_STATUS_FORMAT = "headwater-status/1";

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(500));
const hash = v.pipe(v.string(), v.regex(/^sha256-[0-9a-f]{64}$/));
/** The first 16 hex digits of a client's public key: enough to find oneself in the cohort. */
const clientName = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

/** What never changes while the run lasts, taken from its plan and model document. */
export const runFactsSchema = v.object({
  /** 32 hex digits. */
  runId: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  name: text,
  /** Name in the model document, for instance "2nn". */
  model: text,
  numParams: count,
  /** Shape of one example, for instance [784]. */
  inputShape: v.pipe(v.array(count), v.maxLength(8)),
  /** Numbers that the model answers with: the classes of a classifier. */
  outputSize: count,
  modelHash: hash,
  planHash: hash,
  /** Ed25519 key that signs receipts and commits; 64 hex digits. */
  coordinatorKey: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Rounds planned; null goes on until it is stopped. */
  numRounds: v.nullable(count),
  /** `strategy.kind` of the plan, for instance "fedavg". */
  strategy: text,
  /** `strategy.client.kind` of the plan, for instance "fedprox": what clients do besides plain local training. */
  clientHalf: v.optional(text),
  aggregation: text,
  codec: text,
  identity: text,
  /** "none": the coordinator sees each update by itself. */
  privacy: text,
  /** "headers": updates are deleted once their round is committed; "all": they are kept. */
  retention: text,
  local: v.object({ epochs: count, batchSize: count, learningRate: amount }),
  /** Updates that close a round, and fewest that count at the deadline. */
  goal: count,
  quorum: count,
  /** Length of a round's collection, in milliseconds. */
  deadlineMs: amount,
  /** Most examples that one client's update may weigh. */
  maxWeight: count,
  /** What the run is after: a figure of its rounds, and the value at which it is finished, where it has one. */
  objective: v.optional(v.object({ metric: text, goal: v.picklist(["max", "min"]), target: v.optional(v.number()) })),
  /** Rows to try with: what they are and in how many shards they come; null where the coordinator offers none. */
  sample: v.nullable(v.object({ name: text, numShards: count })),
});

/**
 * A client of the current cohort. `invited`: the offer is out. `training`: it took the offer. `uploading`: its signed
 * header arrived. `accepted`: its update is durable. `late`: it did not make the deadline. `rejected`: its update was
 * refused, `reason` says why. `declined`: it did not want this round. `dropped`: its connection is gone.
 */
const memberSchema = v.object({
  client: clientName,
  state: v.picklist(["invited", "training", "uploading", "accepted", "late", "rejected", "declined", "dropped"]),
  /** A stable error code of the protocol, for `rejected`. */
  reason: v.optional(text),
});

/** Something that happened, for the list of last events. */
const runEventSchema = v.object({
  /** Milliseconds since 1970, by the coordinator's clock. */
  atMs: amount,
  kind: v.picklist([
    "client-joined",
    "client-left",
    "round-opened",
    "update-accepted",
    "update-late",
    "update-rejected",
    "round-committed",
    "round-aborted",
    "run-finished",
    "resumed",
  ]),
  round: v.optional(count),
  client: v.optional(clientName),
  /** The error code of a rejection, the reason of an abort. */
  reason: v.optional(text),
});

/** What changes from second to second. */
export const liveStatusSchema = v.object({
  /** The round that is open, from 0, and its attempt, from 0. */
  round: count,
  attempt: count,
  phase: v.picklist([
    "idle",
    "announced",
    "collecting",
    "sealed",
    "aggregated",
    "committed",
    "aborted",
    "finished",
    "stopped",
  ]),
  /** Why the run ended before its last round: an operator's word, or the objective that it reached. */
  endReason: v.optional(text),
  /** The coordinator opens no more rounds (it cannot write, for instance); what is durable stays served. */
  isPaused: v.boolean(),
  /** Why: an operator's words, or what kind of fault it is and how to mend it. Present while `isPaused`. */
  pauseReason: v.optional(text),
  /** Milliseconds until the open collection's deadline as this was sent; null when nothing is being waited for. */
  deadlineInMs: v.nullable(amount),
  /** Clients that are connected and authenticated, in the cohort or not. */
  numConnected: count,
  /** In the order in which they were selected. */
  members: v.pipe(v.array(memberSchema), v.maxLength(10_000)),
  /** The newest params: number of commits so far, and the hash under which GET /api/params serves them. */
  version: count,
  paramsHash: hash,
  /**
   * The best committed round by the run's objective: GET /api/params serves its params for as long as it is the best. Absent
   * while no round has that metric.
   */
  best: v.optional(v.object({ round: count, metric: text, value: v.pipe(v.number(), v.finite()), paramsHash: hash })),
  /** Since the run began (bytes: since this coordinator started). */
  totals: v.object({ updatesAccepted: count, uplinkBytes: amount, downlinkBytes: amount }),
  /** Oldest first, the last 30. */
  events: v.pipe(v.array(runEventSchema), v.maxLength(100)),
});

export const runStatusSchema = v.object({
  format: v.literal(RUN_STATUS_FORMAT),
  run: runFactsSchema,
  live: liveStatusSchema,
});

/** One committed round. The names are those of a line of rounds.jsonl. */
const roundSummarySchema = v.object({
  /** From 0. */
  round: count,
  /** Clients selected, and updates in the commit. */
  cohort: count,
  accepted: count,
  /** On the coordinator's test set, 0..1; absent where it has none. */
  testAccuracy: v.optional(v.pipe(amount, v.maxValue(1))),
  /** Mean over the test set. */
  testLoss: v.optional(amount),
  /** Mean of what the clients report, by examples. */
  trainLoss: v.optional(amount),
  /** Examples behind the accepted updates. */
  examples: count,
  uplinkBytes: amount,
  downlinkBytes: amount,
  /** From the opening of the round to its commit. */
  seconds: amount,
  /** Of the params that this round made. */
  paramsHash: hash,
  /** Anything else that was measured, by name. */
  metrics: v.optional(v.record(text, v.pipe(v.number(), v.finite()))),
});

export const roundHistorySchema = v.object({ rounds: v.pipe(v.array(roundSummarySchema), v.maxLength(10_000)) });

export type RunFacts = v.InferOutput<typeof runFactsSchema>;
export type CohortMember = v.InferOutput<typeof memberSchema>;
export type RunEvent = v.InferOutput<typeof runEventSchema>;
export type LiveStatus = v.InferOutput<typeof liveStatusSchema>;
export type RunStatus = v.InferOutput<typeof runStatusSchema>;
export type RoundSummary = v.InferOutput<typeof roundSummarySchema>;
export type RoundHistory = v.InferOutput<typeof roundHistorySchema>;

/** @throws ProtocolError MALFORMED with the path of the first wrong field. */
export const parseRunStatus = (value: unknown): RunStatus => parse("run status", runStatusSchema, value);
/** @throws ProtocolError MALFORMED with the path of the first wrong field. */
export const parseLiveStatus = (value: unknown): LiveStatus => parse("live status", liveStatusSchema, value);
/** @throws ProtocolError MALFORMED with the path of the first wrong field. */
export const parseRoundSummary = (value: unknown): RoundSummary => parse("round summary", roundSummarySchema, value);
/** @throws ProtocolError MALFORMED with the path of the first wrong field. */
export const parseRoundHistory = (value: unknown): RoundHistory => parse("round history", roundHistorySchema, value);

function parse<T extends v.GenericSchema>(label: string, schema: T, value: unknown): v.InferOutput<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ProtocolError("MALFORMED", `${label} ${v.getDotPath(issue) ?? ""}: ${issue.message}`);
}
