import { canonicalJson, type JsonValue } from "../shared/base/canonicalJson.ts";
import { type Sha256, toHex } from "../shared/base/hash.ts";
import { createRng, type SecureRandom } from "../shared/base/rng.ts";
import { furtherStart } from "../shared/models/furtherStart.ts";
import type { Model } from "../shared/models/model.ts";
import { modelFromDocument } from "../shared/models/modelFromDocument.ts";
import { modelHash } from "../shared/models/modelHash.ts";
import { parseModelDocument } from "../shared/models/parseModelDocument.ts";
import type { Metric } from "../shared/nn/metrics/metric.ts";
import { assertNumParams } from "../shared/params/assertNumParams.ts";
import { sharedStatistics } from "../shared/params/sharedStatistics.ts";
import { createRunId, defineRunPlan, parseRunPlan, planHash, type RunPlanOptions } from "../shared/protocol/runPlan.ts";
import { assertRootComparable } from "../shared/train/assertRootComparable.ts";
import { createClientTrainer } from "../shared/train/createClientTrainer.ts";
import { evaluationPartLength } from "../shared/train/evaluationPart.ts";
import { standardMetric } from "../shared/train/standardMetric.ts";
import type { ParamsFormat, Run } from "./rounds/run.ts";
import type { JournalEventOf } from "./store/journalEvent.ts";
import type { Store } from "./store/store.ts";
import { CorruptStoreError } from "./store/storeErrors.ts";
import { createStrategy } from "./strategies/createStrategy.ts";

/** What the author of a run says: everything but what is drawn or derived. */
export type PlanOptions = Omit<RunPlanOptions, "runId" | "modelHash">;

export interface OpenRunOptions {
  readonly store: Store;
  readonly plan: PlanOptions;
  readonly model: Model;
  readonly coordinatorKey: Uint8Array;
  readonly random: SecureRandom;
  readonly sha256: Sha256;
  readonly paramsFormatOf: (model: Model) => ParamsFormat;
  /** Params to start from, [model.spec.length]; fresh ones when absent. */
  readonly initialParams?: Float32Array;
}

export interface OpenedRun {
  readonly run: Run;
  readonly model: Model;
  /** False for a new run. */
  readonly isContinued: boolean;
}

/** A run made while its coordinator runs. */
export interface CreateRunOptions extends OpenRunOptions {
  /** Drawn when absent. */
  readonly runId?: string;
  /** Shared params to start from, as their format encodes them. */
  readonly paramsBytes?: Uint8Array;
  readonly settings?: RunCreated["settings"];
  readonly forkedFrom?: RunCreated["forkedFrom"];
  /** Why no round opens until somebody resumes the run; it begins at once when absent. */
  readonly pausedReason?: string;
}

type RunCreated = JournalEventOf<"run-created">;

/** A run as its first event tells it. */
export interface FoundRun {
  readonly run: Run;
  readonly model: Model;
  readonly created: RunCreated;
}

/**
 * Begins a run in an empty store, or finds the one that is there.
 * @throws Error if the store holds a run of another plan, model or coordinator key; it names the first difference.
 */
export async function openRun(options: OpenRunOptions): Promise<OpenedRun> {
  const { store, sha256 } = options;
  const found = findRun(store, sha256);
  if (found !== undefined) {
    const { model, created } = found;
    const { plan } = found.run;
    const wanted = definePlan(options, plan.runId);
    assertSameKey(created, options.coordinatorKey);
    assertSame("model", modelHash(model.document, sha256), wanted.modelHash);
    for (const [key, value] of Object.entries(plan)) {
      assertSame(
        `plan.${key}`,
        canonicalJson(value as JsonValue),
        canonicalJson(wanted[key as keyof typeof wanted] as JsonValue),
      );
    }
    return { run: found.run, model, isContinued: true };
  }
  return { ...(await createRun(options)), isContinued: false };
}

/**
 * The run that a store holds; undefined if it holds nothing.
 * @throws CorruptStoreError if its events are not those of a run: they are nothing to begin a run after.
 */
export function findRun(store: Store, sha256: Sha256): FoundRun | undefined {
  for (const { event } of store.events()) {
    if (event.kind !== "run-created") {
      throw new CorruptStoreError(`the journal expected "run-created" as its first event, got "${event.kind}"`);
    }
    const model = modelFromDocument(parseModelDocument(event.model));
    return { run: runOf(parseRunPlan(event.plan), model, sha256), model, created: event };
  }
  return undefined;
}

/**
 * Begins a run in an empty store; durable once this resolves.
 * @throws RangeError before anything is stored, if plan and model do not hold together.
 */
export async function createRun(options: CreateRunOptions): Promise<Omit<OpenedRun, "isContinued">> {
  const { store, model, random, sha256, coordinatorKey, settings, forkedFrom, pausedReason } = options;
  const run = runOf(definePlan(options, options.runId ?? createRunId(random)), model, sha256);
  assertHolds(run, model);
  const { encode, decode } = options.paramsFormatOf(model);
  const initial = options.initialParams ?? model.init(createRng(run.plan.runId, "init"));
  assertNumParams("initialParams", initial, model.spec.length);
  const shared = options.paramsBytes === undefined ? initial.slice(0, run.numParams) : decode(options.paramsBytes);
  const paramsHash = await store.putBlob(encode(shared));
  const created = store.append({
    kind: "run-created",
    plan: run.plan,
    model: run.model,
    planHash: run.planHash,
    modelHash: run.modelHash,
    coordinatorKey: toHex(coordinatorKey),
    paramsHash,
    ...(settings && { settings }),
    ...(forkedFrom && { forkedFrom }),
  });
  // In the same write as the run itself: a run that is to wait for its start never runs before it.
  const paused = pausedReason && store.append({ kind: "run-paused", reason: pausedReason });
  await Promise.all([created, paused]);
  return { run, model };
}

/** A run that no coordinator could aggregate, or no client train, must not begin. @throws RangeError that says why. */
function assertHolds(run: Run, model: Model): void {
  const { plan, numParams } = run;
  const { needsRoot } = createStrategy(plan, numParams, run);
  createClientTrainer({ model, plan: plan.local, strategy: plan.strategy });
  if (needsRoot) assertRootComparable(model, plan.strategy);
}

/** @throws TypeError for a metric of the evaluation that is none, or that the model has no use for. */
function definePlan({ plan, model, sha256 }: OpenRunOptions, runId: string) {
  const metrics = metricsOf(plan, model);
  const numElements = metrics.length > 0 ? { numElements: evaluationPartLength(metrics) } : {};
  const evaluation = plan.evaluation && { evaluation: { ...plan.evaluation, ...numElements } };
  return defineRunPlan({ ...plan, ...evaluation, runId, modelHash: modelHash(model.document, sha256) });
}

/** What clients judge with beside loss and accuracy. */
function metricsOf({ evaluation }: Pick<PlanOptions, "evaluation">, model: Model): Metric[] {
  return (evaluation?.metrics ?? []).map((name) => standardMetric(name, model));
}

function runOf(plan: Run["plan"], model: Model, sha256: Sha256): Run {
  return {
    plan,
    planHash: planHash(plan, sha256),
    model: model.document,
    modelHash: plan.modelHash,
    numParams: model.spec.sharedLength,
    furtherStart: furtherStart(model, plan.runId),
    statistics: sharedStatistics(model.spec),
    metrics: metricsOf(plan, model),
  };
}

/** @throws Error if a run was created under another key than this: its clients refuse what this one signs. */
export function assertSameKey({ coordinatorKey }: RunCreated, key: Uint8Array): void {
  if (coordinatorKey === toHex(key)) return;
  throw new Error(
    `the run was created under the coordinator key ${coordinatorKey}, and the key here is ${toHex(key)}, whose signatures ` +
      "its clients refuse; put the right secrets/coordinator.seed back from a backup that holds it, or from where it is kept",
  );
}

function assertSame(what: string, stored: string, wanted: string): void {
  if (stored === wanted) return;
  throw new Error(
    `this data folder holds another run (${what} is ${stored.slice(0, 200)} there and ${wanted.slice(0, 200)} now); ` +
      "choose another folder with --data, or delete this one to start afresh",
  );
}
