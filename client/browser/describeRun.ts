import { ProtocolError } from "../../shared/base/errors.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { fromHex } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { fingerprint } from "../../shared/crypto/identity.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import { modelHash } from "../../shared/models/modelHash.ts";
import type { TargetLayout } from "../../shared/nn/losses/loss.ts";
import { parseRunPlan, planHash, type RunPlan } from "../../shared/protocol/runPlan.ts";
import { parseRunStatus, type RunStatus } from "../../shared/protocol/runStatus.ts";
import { findMisfit } from "../core/checkFit.ts";
import { createModelWorker, type StartModelWorker } from "../core/modelWorker.ts";
import { runAddress } from "../core/runAddress.ts";
import { startWorker } from "./startWorker.ts";

/** A run as it can be shown to a person before anything is joined. Hashes were computed here, from what came. */
export interface RunDescription {
  readonly status: RunStatus;
  readonly plan: RunPlan;
  readonly planHash: ContentHash;
  readonly model: ModelDocument;
  readonly modelHash: ContentHash;
  /** What the model's loss reads of one example, [1, ...]; absent if it reads none. */
  readonly targets?: TargetLayout | undefined;
  /** Of the coordinator's key, for the eye. */
  readonly fingerprint: string;
}

/**
 * Fetches what a person should see before joining: the run, its plan, its model, which a worker builds to see that it is
 * one. Give it to `joinRun`, which then refuses a coordinator that shows anything else.
 * @throws ProtocolError if the pieces do not belong together, TypeError if the model is none, Error if the coordinator cannot
 * be reached.
 */
export async function describeRun(url: string, start: StartModelWorker = startWorker): Promise<RunDescription> {
  const { api } = runAddress(url);
  const worker = createModelWorker(start);
  try {
    worker.warmUp();
    const [status, plan, json] = await Promise.all([
      fetchJson(api("status")).then(parseRunStatus),
      fetchJson(api("plan")).then(parseRunPlan),
      fetchJson(api("model")),
    ]);
    const { document, targets } = await worker.describe(json);
    return assemble(status, plan, document, targets);
  } finally {
    worker.close();
  }
}

/** @throws ProtocolError if the pieces do not belong together. */
function assemble(
  status: RunStatus,
  plan: RunPlan,
  model: ModelDocument,
  targets: TargetLayout | undefined,
): RunDescription {
  const description = {
    status,
    plan,
    planHash: planHash(plan, nobleSha256),
    model,
    modelHash: modelHash(model, nobleSha256),
    targets,
    fingerprint: fingerprint(fromHex(status.run.coordinatorKey)),
  };
  const { run } = status;
  if (plan.runId !== run.runId || description.planHash !== run.planHash) {
    throw new ProtocolError("PLAN_MISMATCH", `plan expected ${run.planHash}, got ${description.planHash}`);
  }
  if (plan.modelHash !== description.modelHash) {
    throw new ProtocolError("MODEL_MISMATCH", `model expected ${plan.modelHash}, got ${description.modelHash}`);
  }
  return description;
}

/** Why this data cannot train this run's model, in words; undefined if it can. */
export function explainMisfit({ model, targets }: RunDescription, data: Dataset): string | undefined {
  return findMisfit({ name: model.name, inputShape: model.input.shape, targets }, data);
}

async function fetchJson(address: URL): Promise<unknown> {
  const response = await fetch(address, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${address.href} expected HTTP 200, got ${response.status}`);
  return response.json();
}
