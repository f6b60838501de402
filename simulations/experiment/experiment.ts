import * as v from "valibot";
import { explainIssues } from "../../shared/base/explainIssues.ts";
import { ROTATIONS } from "../../shared/data/rotateImages.ts";
import { personalSchema } from "../../shared/models/personaliseModel.ts";
import { aggregationPlanSchema } from "../../shared/protocol/aggregationPlan.ts";
import { cohortFields } from "../../shared/protocol/cohortPlan.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { localPlanSchema } from "../../shared/protocol/runPlan.ts";
import { strategyHint } from "../../shared/protocol/strategyHint.ts";
import { strategyPlanSchema } from "../../shared/protocol/strategyPlan.ts";
import { STANDARD_METRIC_NAMES } from "../../shared/train/standardMetric.ts";
import { attackPlanSchema } from "../attacks/attackFromPlan.ts";
import { DEFAULT_DEVICES } from "../device.ts";
import type { METRIC_NAMES } from "../stopRule.ts";
import { dataSource } from "./dataSource.ts";
import { closedObject, numberIn, positiveNumber, text, unknownName, wholeNumber } from "./fields.ts";
import { UsageError } from "./usageError.ts";

const clients = wholeNumber(1, 10_000_000);
const rate = (standard: readonly [number, number]) =>
  v.optional(v.tuple([positiveNumber(1e12), positiveNumber(1e12)]), () => [...standard]);

/** Share of its own rows that each client never trains on: it judges with them. */
const testFraction = v.exactOptional(numberIn(0, 0.9));
/** Of a Dirichlet distribution: small for few clients with nearly all. */
const alpha = numberIn(1e-3, 1e6);
const range = v.tuple([numberIn(-1e6, 1e6), numberIn(-1e6, 1e6)]);

const cohort = v.pipe(
  closedObject({
    /** Share of the clients that answer a round, rounded, at least one. */
    fraction: v.exactOptional(positiveNumber(1)),
    /** Clients that answer a round. */
    size: v.exactOptional(clients),
    /** Selected ÷ answering. */
    overSelection: v.optional(numberIn(1, 10), 1),
    /** Fewest answers that are aggregated at the deadline, as a share of the cohort. */
    quorumFraction: v.optional(positiveNumber(1), 1),
    /** Whom a round asks; uniform when absent. */
    sampler: cohortFields.entries.sampler,
    /** Who may be asked; everybody when absent. */
    eligibility: v.exactOptional(
      v.strictObject(
        { minExamples: wholeNumber(1, LIMITS.maxExamples) },
        'expected "minExamples" alone: virtual clients cannot tell of a battery, a person or a network',
      ),
    ),
    /** Virtual seconds after which a round closes with the answers it has. */
    deadlineSeconds: v.optional(positiveNumber(1e9), 86_400),
  }),
  v.check(({ fraction, size }) => (fraction === undefined) !== (size === undefined), 'expected "fraction" or "size"'),
);

const experimentFields = closedObject({
  name: v.pipe(text(100), v.regex(/^[\w.-]+$/, "expected letters, digits, dots, dashes and underscores only")),
  /** Decides the partition, the initial params, the cohorts, the order of examples. */
  seed: v.optional(wholeNumber(0, 2 ** 32 - 1), 1),
  data: closedObject({
    source: dataSource,
    /** Training examples that the coordinator keeps for itself, drawn before the rest is dealt out. */
    root: v.exactOptional(wholeNumber(1, 10_000_000)),
  }),
  partition: v.variant(
    "kind",
    [
      closedObject({ kind: v.literal("iid"), clients, testFraction }),
      closedObject({
        kind: v.literal("shards"),
        clients,
        shardsPerClient: v.optional(wholeNumber(1, 10_000), 2),
        testFraction,
      }),
      closedObject({
        kind: v.literal("dirichlet"),
        clients,
        alpha,
        /** Fewest examples of a client. */
        minExamples: v.optional(wholeNumber(1, 1_000_000), 10),
        testFraction,
      }),
      closedObject({ kind: v.literal("quantity"), clients, alpha, testFraction }),
      closedObject({ kind: v.literal("labels"), clients, labelsPerClient: wholeNumber(1, 10_000), testFraction }),
      closedObject({ kind: v.literal("natural"), clients, testFraction }),
    ],
    unknownName(["iid", "shards", "dirichlet", "quantity", "labels", "natural"]),
  ),
  /** Each client's raw inputs x become gain · x + offset, with its own gain and offset from these ranges. */
  featureShift: v.exactOptional(closedObject({ gain: range, offset: range })),
  /** Degrees to the left that clients in turn see their square images turned by. */
  rotations: v.exactOptional(
    v.pipe(v.array(v.picklist(ROTATIONS, "expected 0, 90, 180 or 270")), v.minLength(1), v.maxLength(100)),
  ),
  /** A zoo name, a path to a model document, or the document. */
  model: v.union([text(4096), v.record(v.string(), v.unknown())], "expected a model's name, a path or a document"),
  /** Adapts the model: low-rank adapters on its linear maps are trained and travel, all else is frozen. */
  lora: v.exactOptional(
    closedObject({
      rank: wholeNumber(1, 65_536),
      /** The adapters count alpha / rank times; `rank` when absent. */
      alpha: v.exactOptional(positiveNumber(1e6)),
      /** Kinds of layers that get adapters; linear maps, attention and transformer blocks when absent. */
      kinds: v.exactOptional(v.pipe(v.array(text(100)), v.minLength(1), v.maxLength(100))),
    }),
  ),
  /** A checkpoint (safetensors) that holds what the model has frozen. */
  base: v.exactOptional(text(4096)),
  cohort,
  /** The plan's own: every optimizer, schedule and clip. */
  local: localPlanSchema,
  /** What of the model stays with each client; as the model's document says when absent. */
  personal: v.exactOptional(personalSchema),
  strategy: v.optional(strategyPlanSchema, { kind: "fedavg" }),
  /** How deltas become one. */
  aggregation: v.optional(aggregationPlanSchema, "mean"),
  /** Clients that send something else than what they trained: a fraction of all, rounded. */
  attack: v.exactOptional(closedObject({ fraction: numberIn(0, 1), sends: attackPlanSchema })),
  /** Commits that an update may lie behind, with an asynchronous strategy; 16 when absent. */
  maxStaleness: v.exactOptional(wholeNumber(1, LIMITS.maxStaleness)),
  /** Members that cannot finish in time. */
  stragglers: v.exactOptional(
    closedObject({
      fraction: numberIn(0, 1),
      work: v.picklist(["drop", "partial"], unknownName(["drop", "partial"])),
    }),
  ),
  rounds: wholeNumber(1, 10_000_000),
  /** Metric -> value that ends the run, whichever comes first: at or below it for a loss, at or above it otherwise. */
  stop: v.exactOptional(
    closedObject({
      testAccuracy: v.exactOptional(numberIn(0, 1)),
      testLoss: v.exactOptional(positiveNumber(1e6)),
      trainLoss: v.exactOptional(positiveNumber(1e6)),
      clientTestAccuracy: v.exactOptional(numberIn(0, 1)),
      clientTestLoss: v.exactOptional(positiveNumber(1e6)),
    } satisfies Record<(typeof METRIC_NAMES)[number], unknown>),
  ),
  /** Rounds between two evaluations; the last round is always evaluated. 0: never. */
  evaluateEvery: v.optional(wholeNumber(0, 10_000_000), 1),
  /** What else judges the model at each evaluation. */
  metrics: v.exactOptional(
    v.pipe(
      v.array(v.picklist(STANDARD_METRIC_NAMES, unknownName(STANDARD_METRIC_NAMES))),
      v.maxLength(STANDARD_METRIC_NAMES.length),
      v.check((names) => new Set(names).size === names.length, "expected each name once"),
    ),
  ),
  devices: v.optional(
    closedObject({
      /** The experiment's seed when absent. */
      seed: v.exactOptional(wholeNumber(0, 2 ** 32 - 1)),
      examplesPerSecond: rate(DEFAULT_DEVICES.examplesPerSecond),
      downlinkBytesPerSecond: rate(DEFAULT_DEVICES.downlinkBytesPerSecond),
      uplinkBytesPerSecond: rate(DEFAULT_DEVICES.uplinkBytesPerSecond),
    }),
    {},
  ),
});

const asksForRoot = ({ aggregation }: v.InferOutput<typeof experimentFields>): boolean =>
  aggregation !== "mean" && aggregation.kind === "fltrust";

const experimentSchema = v.pipe(
  experimentFields,
  v.forward(
    v.check(
      (experiment) => !asksForRoot(experiment) || experiment.data.root !== undefined,
      'is missing: the aggregation "fltrust" compares updates with the coordinator\'s own training on so many examples; ' +
        "100 are enough",
    ),
    ["data", "root"],
  ),
  v.forward(
    v.check(
      (experiment) => asksForRoot(experiment) || experiment.data.root === undefined,
      'expected nothing: the aggregation "fltrust" alone has a use for the coordinator\'s own examples',
    ),
    ["data", "root"],
  ),
);

/** One experiment, every default filled in: what `experiment.json` in a results folder holds. */
export type Experiment = v.InferOutput<typeof experimentSchema>;

/**
 * Checks an experiment. @throws UsageError that names every wrong field, what was expected and what came; a mistyped key
 * is answered with the nearest known one.
 */
export function parseExperiment(json: unknown): Experiment {
  const result = v.safeParse(experimentSchema, json);
  if (result.success) return result.output;
  const hint = strategyHint(json);
  if (hint !== undefined) throw new UsageError(hint);
  const lines = result.issues.map((issue) => {
    // Parts that are the protocol's own bring no words of their own.
    if (issue.message.startsWith("Invalid ")) return explainIssues(experimentSchema, [issue]);
    const path = v.getDotPath(issue);
    return path ? `"${path}" ${issue.message}` : issue.message;
  });
  throw new UsageError(lines.join("\n"));
}

/** Clients that answer a round: `size`, or the fraction of all clients. @throws UsageError if there are not so many. */
export function cohortSize({ cohort, partition }: Experiment): number {
  const size = cohort.size ?? Math.max(1, Math.round((cohort.fraction as number) * partition.clients));
  if (size > partition.clients) {
    throw new UsageError(`"cohort.size" expected <= ${partition.clients} (all clients), got ${size}`);
  }
  return size;
}
