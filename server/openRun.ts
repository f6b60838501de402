import { canonicalJson, type JsonValue } from "../shared/base/canonicalJson.ts";
import { type Sha256, toHex } from "../shared/base/hash.ts";
import { createRng, type SecureRandom } from "../shared/base/rng.ts";
import type { Model } from "../shared/models/model.ts";
import { modelFromDocument } from "../shared/models/modelFromDocument.ts";
import { modelHash } from "../shared/models/modelHash.ts";
import { parseModelDocument } from "../shared/models/parseModelDocument.ts";
import { assertNumParams } from "../shared/params/assertNumParams.ts";
import { createRunId, defineRunPlan, parseRunPlan, planHash, type RunPlanOptions } from "../shared/protocol/runPlan.ts";
import type { ParamsFormat, Run } from "./rounds/run.ts";
import type { Store } from "./store/store.ts";

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

/**
 * Begins a run in an empty store, or finds the one that is there.
 * @throws Error if the store holds a run of another plan, model or coordinator key; it names the first difference.
 */
export async function openRun(options: OpenRunOptions): Promise<OpenedRun> {
  const { store, sha256 } = options;
  for (const { event } of store.events()) {
    if (event.kind !== "run-created") break;
    const plan = parseRunPlan(event.plan);
    const model = modelFromDocument(parseModelDocument(event.model));
    const wanted = definePlan(options, plan.runId);
    assertSame("coordinator key", event.coordinatorKey, toHex(options.coordinatorKey));
    assertSame("model", modelHash(model.document, sha256), wanted.modelHash);
    for (const [key, value] of Object.entries(plan)) {
      assertSame(`plan.${key}`, canonicalJson(value as JsonValue), canonicalJson(wanted[key as keyof typeof wanted]));
    }
    return { run: runOf(plan, model, sha256), model, isContinued: true };
  }
  return { ...(await createRun(options)), isContinued: false };
}

async function createRun(options: OpenRunOptions): Promise<Omit<OpenedRun, "isContinued">> {
  const { store, model, random, sha256, coordinatorKey } = options;
  const run = runOf(definePlan(options, createRunId(random)), model, sha256);
  const initial = options.initialParams ?? model.init(createRng(run.plan.runId, "init"));
  assertNumParams("initialParams", initial, model.spec.length);
  const paramsHash = await store.putBlob(options.paramsFormatOf(model).encode(initial.slice(0, run.numParams)));
  await store.append({
    kind: "run-created",
    plan: run.plan,
    model: run.model,
    planHash: run.planHash,
    modelHash: run.modelHash,
    coordinatorKey: toHex(coordinatorKey),
    paramsHash,
  });
  return { run, model };
}

function definePlan({ plan, model, sha256 }: OpenRunOptions, runId: string) {
  return defineRunPlan({ ...plan, runId, modelHash: modelHash(model.document, sha256) });
}

function runOf(plan: Run["plan"], model: Model, sha256: Sha256): Run {
  return {
    plan,
    planHash: planHash(plan, sha256),
    model: model.document,
    modelHash: plan.modelHash,
    numParams: model.spec.sharedLength,
  };
}

function assertSame(what: string, stored: string, wanted: string): void {
  if (stored === wanted) return;
  throw new Error(
    `this data folder holds another run (${what} is ${stored.slice(0, 200)} there and ${wanted.slice(0, 200)} now); ` +
      "choose another folder with --data, or delete this one to start afresh",
  );
}
