import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { explainIssues } from "../../shared/base/explainIssues.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { type Personal, personaliseModel, personalSchema } from "../../shared/models/personaliseModel.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { cohortFields } from "../../shared/protocol/cohortPlan.ts";
import { evaluationFields } from "../../shared/protocol/evaluationPlan.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { defineRunPlan, localPlanSchema, runPlanSchema } from "../../shared/protocol/runPlan.ts";
import { strategyHint } from "../../shared/protocol/strategyHint.ts";
import type { PlanOptions } from "../openRun.ts";
import { assertMeasured } from "./objectiveMetric.ts";

const plan = runPlanSchema.entries;
const { size, overSelection, quorum, sampler, eligibility, pacing } = cohortFields.entries;
const { epochs, batchSize, microBatchSize, optimizer, schedule, clip, penalties, perExampleClipNorm } =
  localPlanSchema.entries;

const source = v.union([
  v.literal("mnist"),
  v.strictObject({ idx: v.string() }),
  v.strictObject({ csv: v.string(), label: v.string() }),
]);

/** Fields of the plan have the plan's own bounds; what is left out gets its default from `defineRunPlan`. */
const runFileSchema = v.strictObject({
  name: plan.name,
  /** A zoo name, a path to a model document (from the file's own folder), or the document. */
  model: v.union([v.string(), v.record(v.string(), v.unknown())]),
  /** What the coordinator holds itself: clients bring the data that is trained on. */
  data: v.exactOptional(
    v.strictObject({
      /** The test set that judges each round. */
      source: v.exactOptional(source),
      /** Clean training examples that the aggregator "fltrust" compares updates with; a hundred are enough. */
      root: v.exactOptional(source),
    }),
  ),
  cohort: v.exactOptional(
    v.strictObject({
      size: v.exactOptional(size),
      overSelection: v.exactOptional(overSelection),
      quorum: v.exactOptional(quorum),
      sampler,
      eligibility,
      pacing,
    }),
  ),
  local: v.exactOptional(
    v.strictObject({
      epochs: v.exactOptional(epochs),
      batchSize: v.exactOptional(batchSize),
      optimizer: v.exactOptional(optimizer),
      schedule,
      clip,
      penalties,
      perExampleClipNorm,
      microBatchSize,
    }),
  ),
  /** What of the model stays with each client; as its document says when absent. */
  personal: v.exactOptional(personalSchema),
  strategy: v.exactOptional(plan.strategy),
  aggregation: v.exactOptional(plan.aggregation),
  maxStaleness: v.exactOptional(plan.maxStaleness),
  evaluation: v.exactOptional(evaluationFields),
  objective: plan.objective,
  identity: v.exactOptional(plan.identity),
  /** null goes on until it is stopped. */
  rounds: v.exactOptional(plan.rounds),
  deadlineMs: v.exactOptional(plan.deadlineMs),
  maxAbsDelta: v.exactOptional(plan.maxAbsDelta),
  maxWeight: v.exactOptional(plan.maxWeight),
  retention: v.exactOptional(plan.retention),
  /** A round is opened no sooner than this after the one before it. */
  minRoundMs: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(LIMITS.maxDeadlineMs))),
});

type RunFileDocument = v.InferOutput<typeof runFileSchema>;
type Source = v.InferOutput<typeof source>;

/** A run as its author wrote it down. */
export interface RunFile {
  readonly plan: PlanOptions;
  readonly model: Model;
  /** Where the test set is; paths are absolute. */
  readonly testSource: Source | undefined;
  /** Where the coordinator's own training examples are. */
  readonly rootSource?: Source | undefined;
  readonly minRoundMs: number;
}

/** Reads RUN.json. @throws TypeError that names the file, the field, what was expected, and the nearest known key. */
export async function readRunFile(path: string): Promise<RunFile> {
  try {
    return await parseRunFile(JSON.parse(await readFile(path, "utf8")), dirname(resolve(path)));
  } catch (error) {
    const { code, message, path: missing } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new TypeError(`${path}: ${message}`, { cause: error });
    throw new TypeError(
      missing === path
        ? `expected a run file, there is nothing at ${path}`
        : `${path}: "model" expected a model document, there is nothing at ${missing}`,
      { cause: error },
    );
  }
}

/** @throws TypeError or RangeError naming the field. `folder` is what relative paths are relative to. */
export async function parseRunFile(json: unknown, folder: string): Promise<RunFile> {
  const { model, personal, source, root, ...rest } = parseFields(json);
  return {
    ...rest,
    model: personalised(await loadModel(model, folder), personal),
    testSource: absolute(source, folder),
    rootSource: absolute(root, folder),
  };
}

/** A run as it came from elsewhere, where paths mean nothing. @throws TypeError or RangeError naming the field. */
export function parseRunDocument(json: unknown): RunFile & { readonly testSource: "mnist" | undefined } {
  const { model, personal, source, root, ...rest } = parseFields(json);
  if (typeof model === "string" && model.endsWith(".json")) {
    throw new TypeError(`"model" expected a name of the zoo or the document itself, got the path ${model}`);
  }
  if (typeof source === "object") {
    throw new TypeError('"data.source" expected "mnist": a path means nothing to a coordinator elsewhere');
  }
  if (root !== undefined) {
    throw new TypeError('"data.root" expected nothing here: a coordinator takes root data from its own run file only');
  }
  return { ...rest, model: personalised(modelOf(model), personal), testSource: source };
}

function parseFields(json: unknown) {
  const result = v.safeParse(runFileSchema, json);
  if (!result.success) throw new TypeError(strategyHint(json) ?? explainIssues(runFileSchema, result.issues));
  const { model, personal, data, minRoundMs = 0, ...plan } = result.output;
  // What only the whole plan can tell (a quorum above the cohort's size) is said now, not when the run begins.
  const { metrics: _namesOfTheModel, ...evaluation } = plan.evaluation ?? { heldOutFraction: 0.1 };
  defineRunPlan({ ...plan, evaluation, runId: "0".repeat(32), modelHash: `sha256-${"0".repeat(64)}` });
  assertMeasured(plan.objective, { ...plan, hasTestSet: data?.source !== undefined });
  return { plan, model, personal, source: data?.source, root: data?.root, minRoundMs };
}

/** @throws RangeError if the model has nothing of the kind. */
function personalised(model: Model, personal: Personal | undefined): Model {
  return personal === undefined ? model : modelFromDocument(personaliseModel(model.document, personal));
}

function absolute(source: Source | undefined, folder: string): Source | undefined {
  if (typeof source !== "object") return source;
  return "idx" in source
    ? { ...source, idx: resolve(folder, source.idx) }
    : { ...source, csv: resolve(folder, source.csv) };
}

function modelOf(model: RunFileDocument["model"]): Model {
  return typeof model === "string" ? zooModel(model) : modelFromDocument(parseModelDocument(model));
}

async function loadModel(model: RunFileDocument["model"], folder: string): Promise<Model> {
  if (typeof model !== "string" || !model.endsWith(".json")) return modelOf(model);
  return modelFromDocument(parseModelDocument(JSON.parse(await readFile(resolve(folder, model), "utf8"))));
}
