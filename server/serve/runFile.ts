import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { explainIssues } from "../../shared/base/explainIssues.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { PlanOptions } from "../openRun.ts";

const whole = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(minimum), v.maxValue(maximum));
const between = (minimum: number, maximum: number) =>
  v.pipe(v.number(), v.finite(), v.minValue(minimum), v.maxValue(maximum));

const runFileSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.maxNameChars)),
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
      size: v.exactOptional(whole(1, LIMITS.maxUpdatesPerCommit)),
      overSelection: v.exactOptional(between(1, 10)),
      quorum: v.exactOptional(whole(1, LIMITS.maxUpdatesPerCommit)),
    }),
  ),
  local: v.exactOptional(
    v.strictObject({
      epochs: v.exactOptional(whole(1, LIMITS.maxLocalEpochs)),
      batchSize: v.exactOptional(whole(1, LIMITS.maxBatchSize)),
      optimizer: v.exactOptional(
        v.strictObject({
          kind: v.literal("sgd"),
          learningRate: between(0, 1000),
          momentum: v.exactOptional(between(0, 1)),
          weightDecay: v.exactOptional(between(0, 1000)),
        }),
      ),
    }),
  ),
  strategy: v.exactOptional(v.strictObject({ kind: v.literal("fedavg") })),
  /** null goes on until it is stopped. */
  rounds: v.exactOptional(v.nullable(whole(1, LIMITS.maxCounter))),
  deadlineMs: v.exactOptional(whole(1, LIMITS.maxDeadlineMs)),
  maxAbsDelta: v.exactOptional(between(0, LIMITS.maxAbsDeltaBound)),
  maxWeight: v.exactOptional(whole(1, LIMITS.maxExamples)),
  retention: v.exactOptional(v.picklist(["headers", "all"])),
  /** A round is opened no sooner than this after the one before it. */
  minRoundMs: v.exactOptional(whole(0, LIMITS.maxDeadlineMs)),
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
