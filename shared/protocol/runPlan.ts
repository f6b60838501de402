import * as v from "valibot";
import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { type ContentHash, contentHash, type Sha256, toHex } from "../base/hash.ts";
import type { SecureRandom } from "../base/rng.ts";
import { perExampleClipNormSchema } from "../models/clippedGradients.ts";
import { penaltiesSchema } from "../models/penalties.ts";
import { gradientClipSchema } from "../optim/gradientClip.ts";
import { optimizerPlanSchema } from "../optim/optimizerPlan.ts";
import { scheduleSchema } from "../optim/schedule.ts";
import { aggregationPlanSchema } from "./aggregationPlan.ts";
import { cohortPlanSchema } from "./cohortPlan.ts";
import { evaluationPlanSchema, objectiveSchema } from "./evaluationPlan.ts";
import { finite, hashText, integer, runIdText, text } from "./fields.ts";
import { identityPlanSchema } from "./identityPlan.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";
import { strategyPlanSchema } from "./strategyPlan.ts";

/** What a member does with its copy of the model. */
export const localPlanSchema = v.strictObject({
  /** Passes over the client's own data. */
  epochs: integer(1, LIMITS.maxLocalEpochs),
  /** Examples per step. */
  batchSize: integer(1, LIMITS.maxBatchSize),
  /** Examples in memory at a time; the whole batch when absent. */
  microBatchSize: v.exactOptional(integer(1, LIMITS.maxBatchSize)),
  optimizer: optimizerPlanSchema,
  /** How the learning rate changes with the local steps; constant when absent. */
  schedule: v.exactOptional(scheduleSchema),
  /** A bound on the gradient of each step. */
  clip: v.exactOptional(gradientClipSchema),
  /** Terms that the local objective has beside the mean loss. */
  penalties: v.exactOptional(penaltiesSchema),
  /** Bound on the length of each example's gradient. */
  perExampleClipNorm: v.exactOptional(perExampleClipNormSchema),
});

const runPlanFields = v.strictObject({
  /** Form of this document. */
  format: v.literal("headwater-plan/1"),
  /** 16 random bytes in hex: no two runs share one, so nothing signed for one counts in another. */
  runId: runIdText,
  /** For people, 1..80 characters. */
  name: text(LIMITS.maxNameChars),
  /** Content hash of the model document. */
  modelHash: hashText,
  /** Rounds until the run is finished; null goes on until it is stopped. */
  rounds: v.nullable(integer(1, LIMITS.maxCounter)),
  cohort: cohortPlanSchema,
  local: localPlanSchema,
  /** How a delta becomes bytes. */
  codec: v.literal("f32"),
  /** How the aggregated delta becomes new params, and what clients do for it. */
  strategy: strategyPlanSchema,
  /** How deltas become one: the mean weighted by examples, or a robust rule. */
  aggregation: aggregationPlanSchema,
  /** Who may take part. */
  identity: identityPlanSchema,
  /** Protection beyond transport: none; the coordinator sees each delta. */
  privacy: v.literal("none"),
  /** From offer to the last byte of the update, milliseconds, 1..86,400,000. */
  deadlineMs: integer(1, LIMITS.maxDeadlineMs),
  /** Bound on every |element| of a delta, above 0, at most 1,000,000; an update beyond it is refused. */
  maxAbsDelta: v.pipe(finite(0, LIMITS.maxAbsDeltaBound), v.gtValue(0)),
  /** Cap on the weight (examples) of one update. */
  maxWeight: integer(1, LIMITS.maxExamples),
  /** Model versions that an update may lie behind: 0 where rounds are synchronous, up to 100 where they are not. */
  maxStaleness: integer(0, LIMITS.maxStaleness),
  /** What is kept of an update after its round is committed: its signed header, or all of it. */
  retention: v.picklist(["headers", "all"]),
  /** What clients judge; nothing when absent. */
  evaluation: v.exactOptional(evaluationPlanSchema),
  /** What the run is after: the highest "testAccuracy" when absent. */
  objective: v.exactOptional(objectiveSchema),
});

const isAsynchronous = (kind: string): boolean => kind === "fedbuff" || kind === "fedasync";

/**
 * The rules of a run. Its hash is in every signed update, so a coordinator cannot show one plan to one client and
 * another to the next. Unknown members are refused: a rule that one side does not know cannot be kept by it.
 */
export const runPlanSchema = v.pipe(
  runPlanFields,
  v.check(
    ({ strategy, maxStaleness }) => isAsynchronous(strategy.kind) === maxStaleness > 0,
    '"maxStaleness" expected above 0 with "fedbuff" and "fedasync", 0 with every other strategy',
  ),
  v.check(
    ({ strategy, cohort }) => !("concurrency" in strategy) || strategy.concurrency >= cohort.size,
    '"strategy.concurrency" expected at least "cohort.size", the updates that make a commit',
  ),
  v.check(
    ({ strategy, cohort }) => !("concurrency" in strategy) || cohort.overSelection === 1,
    '"cohort.overSelection" expected 1 with "fedbuff" and "fedasync": "strategy.concurrency" says how many work at a time',
  ),
  v.check(
    ({ strategy, cohort }) => !("population" in strategy) || strategy.population >= cohort.size,
    '"strategy.population" expected at least "cohort.size": a cohort is a share of the clients that there are',
  ),
  v.check(
    ({ strategy, cohort }) => strategy.kind !== "fedasync" || cohort.size === 1,
    '"cohort.size" expected 1 with "fedasync": each update makes a commit',
  ),
);

export type RunPlan = v.InferOutput<typeof runPlanSchema>;

/** @throws ProtocolError MALFORMED (the message names the field) or TOO_LARGE. */
export const parseRunPlan: Parser<RunPlan> = parserOf("plan", runPlanSchema);

const DEFAULT_MAX_STALENESS = 16;

/** What the author of a run must say; all else has a default. */
export interface RunPlanOptions
  extends Pick<RunPlan, "runId" | "name" | "modelHash">,
    Partial<Omit<RunPlan, "format" | "runId" | "name" | "modelHash" | "cohort" | "local">> {
  readonly cohort?: Partial<RunPlan["cohort"]>;
  readonly local?: Partial<RunPlan["local"]>;
}

/**
 * A checked plan with defaults: cohort of 10 without over-selection, quorum half of it (rounded up), one local epoch in
 * batches of 10 with SGD 0.1, deadline 60 s, |delta| <= 10, weight <= 10,000 examples, updates kept until committed.
 * @throws ProtocolError MALFORMED naming the field that is out of range.
 */
export function defineRunPlan(options: RunPlanOptions): RunPlan {
  const { cohort = {}, local = {}, ...rest } = options;
  const size = cohort.size ?? 10;
  return parseRunPlan({
    format: "headwater-plan/1",
    rounds: null,
    codec: "f32",
    strategy: { kind: "fedavg" },
    aggregation: "mean",
    identity: "open",
    privacy: "none",
    deadlineMs: 60_000,
    maxAbsDelta: 10,
    maxWeight: 10_000,
    maxStaleness: isAsynchronous(rest.strategy?.kind ?? "fedavg") ? DEFAULT_MAX_STALENESS : 0,
    retention: "headers",
    ...rest,
    cohort: { overSelection: 1, quorum: Math.ceil(size / 2), ...cohort, size },
    local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 }, ...local },
  });
}

/** Content hash of the plan's canonical JSON. */
export function planHash(plan: RunPlan, sha256: Sha256): ContentHash {
  return contentHash(sha256, canonicalJsonBytes(plan));
}

/** 16 random bytes as hex. */
export function createRunId(random: SecureRandom): string {
  const bytes = new Uint8Array(SIZES.runId);
  random.fill(bytes);
  return toHex(bytes);
}
