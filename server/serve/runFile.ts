import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { explainIssues } from "../../shared/base/explainIssues.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { cohortFields, defineRunPlan, localPlanSchema, runPlanSchema } from "../../shared/protocol/runPlan.ts";
import type { PlanOptions } from "../openRun.ts";

const plan = runPlanSchema.entries;
const { size, overSelection, quorum } = cohortFields.entries;
const { epochs, batchSize, microBatchSize, optimizer, schedule, clip, penalties, perExampleClipNorm } =
  localPlanSchema.entries;

/** Fields of the plan have the plan's own bounds; what is left out gets its default from `defineRunPlan`. */
const runFileSchema = v.strictObject({
  name: plan.name,
  /** A zoo name, a path to a model document (from the file's own folder), or the document. */
  model: v.union([v.string(), v.record(v.string(), v.unknown())]),
  /** The test set that judges each round, and nothing else: clients bring the data that is trained on. */
  data: v.exactOptional(
    v.strictObject({
      source: v.union([
        v.literal("mnist"),
        v.strictObject({ idx: v.string() }),
        v.strictObject({ csv: v.string(), label: v.string() }),
      ]),
    }),
  ),
  cohort: v.exactOptional(
    v.strictObject({
      size: v.exactOptional(size),
      overSelection: v.exactOptional(overSelection),
      quorum: v.exactOptional(quorum),
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
  strategy: v.exactOptional(plan.strategy),
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

/** A run as its author wrote it down. */
export interface RunFile {
  readonly plan: PlanOptions;
  readonly model: Model;
  /** Where the test set is; paths are absolute. */
  readonly testSource: NonNullable<RunFileDocument["data"]>["source"] | undefined;
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
  const result = v.safeParse(runFileSchema, json);
  if (!result.success) throw new TypeError(explainIssues(runFileSchema, result.issues));
  const { model, data, minRoundMs = 0, ...plan } = result.output;
  const source = data?.source;
  // What only the whole plan can tell (a quorum above the cohort's size) is said now, not when the run begins.
  defineRunPlan({ ...plan, runId: "0".repeat(32), modelHash: `sha256-${"0".repeat(64)}` });
  return {
    plan,
    model: await loadModel(model, folder),
    testSource: typeof source === "object" ? absolute(source, folder) : source,
    minRoundMs,
  };
}

function absolute<T extends { readonly idx: string } | { readonly csv: string; readonly label: string }>(
  source: T,
  folder: string,
): T {
  return "idx" in source
    ? { ...source, idx: resolve(folder, source.idx) }
    : { ...source, csv: resolve(folder, source.csv) };
}

async function loadModel(model: RunFileDocument["model"], folder: string): Promise<Model> {
  if (typeof model !== "string") return modelFromDocument(parseModelDocument(model));
  if (!model.endsWith(".json")) return zooModel(model);
  return modelFromDocument(parseModelDocument(JSON.parse(await readFile(resolve(folder, model), "utf8"))));
}
