import { canonicalJsonBytes, type JsonValue } from "../base/canonicalJson.ts";
import { ProtocolError } from "../base/errors.ts";
import { contentHash, type Sha256 } from "../base/hash.ts";
import type { Challenge } from "./challenge.ts";
import { planHash } from "./runPlan.ts";
import type { Welcome } from "./welcome.ts";

/**
 * Client: is the welcome one consistent whole - this run, this plan, this model? The hashes are computed here, not
 * believed. What the model document may say is checked next, by `parseModelDocument`.
 * @throws ProtocolError WRONG_RUN, PLAN_MISMATCH, MODEL_MISMATCH.
 */
export function checkWelcome(challenge: Challenge, welcome: Welcome, sha256: Sha256): void {
  const { plan, model } = welcome;
  if (welcome.runId !== challenge.runId || plan.runId !== challenge.runId) {
    throw new ProtocolError(
      "WRONG_RUN",
      `welcome expected run ${challenge.runId}, got ${welcome.runId}, ${plan.runId}`,
    );
  }
  const planIs = planHash(plan, sha256);
  if (planIs !== welcome.planHash) {
    throw new ProtocolError("PLAN_MISMATCH", `plan expected ${welcome.planHash}, its content is ${planIs}`);
  }
  const modelIs = contentHash(sha256, canonicalJsonBytes(model as JsonValue));
  if (modelIs !== welcome.modelHash || modelIs !== plan.modelHash) {
    throw new ProtocolError("MODEL_MISMATCH", `model expected ${plan.modelHash}, its content is ${modelIs}`);
  }
}
