import { canonicalJsonBytes, type JsonValue } from "../../shared/base/canonicalJson.ts";
import { type ContentHash, contentHash, fromHex } from "../../shared/base/hash.ts";
import { parseRunPlan, planHash, type RunPlan } from "../../shared/protocol/runPlan.ts";
import type { JournalEventOf } from "../store/journalEvent.ts";
import type { VerifyPorts } from "./verifyPorts.ts";

/** What the first event fixes for all later checks. */
export interface VerifiedRun {
  readonly plan: RunPlan;
  readonly planHash: ContentHash;
  readonly modelHash: ContentHash;
  readonly coordinatorKey: Uint8Array;
  readonly initialParamsHash: ContentHash;
}

/** Checks the first event: plan and model are what their hashes say. Undefined if there is no plan to go on with. */
export function verifyRunCreated(
  seq: number,
  event: JournalEventOf<"run-created">,
  { problems, sha256 }: VerifyPorts,
): VerifiedRun | undefined {
  const plan = problems.attempt(seq, () => parseRunPlan(event.plan));
  if (plan === undefined) return undefined;
  const modelHash = contentHash(sha256, canonicalJsonBytes(event.model as JsonValue));
  problems.expectEqual(seq, "planHash", planHash(plan, sha256), event.planHash);
  problems.expectEqual(seq, "modelHash", modelHash, event.modelHash);
  problems.expectEqual(seq, "modelHash of the plan", modelHash, plan.modelHash);
  return {
    plan,
    planHash: event.planHash,
    modelHash: event.modelHash,
    coordinatorKey: fromHex(event.coordinatorKey),
    initialParamsHash: event.paramsHash,
  };
}
