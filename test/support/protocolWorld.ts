import { createNodeSigner, nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { canonicalJsonBytes } from "../../shared/base/canonicalJson.ts";
import { type ContentHash, contentHash } from "../../shared/base/hash.ts";
import type { Challenge } from "../../shared/protocol/challenge.ts";
import type { UpdateExpectation } from "../../shared/protocol/checkUpdate.ts";
import { createOffer } from "../../shared/protocol/createOffer.ts";
import { createUpdate, type SignedUpdate, type UpdateOptions } from "../../shared/protocol/createUpdate.ts";
import { manifestHash } from "../../shared/protocol/manifest.ts";
import { defineRunPlan, planHash } from "../../shared/protocol/runPlan.ts";

/**
 * One run, one coordinator, one client and one assignment with fixed keys, nonces and tickets: nothing in it is random,
 * so the worked example of PROTOCOL.md is this world's bytes.
 */
export const sha256 = nodeSha256;
export const verify = nodeVerify;
export const ports = { sha256, verify };

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

export const coordinator = createNodeSigner(filled(32, 1));
export const client = createNodeSigner(filled(32, 2));
export const stranger = createNodeSigner(filled(32, 3));

export const model = { format: "headwater-model/1", name: "example" };
export const modelHash: ContentHash = contentHash(sha256, canonicalJsonBytes(model));
export const plan = defineRunPlan({
  maxWeight: 100_000,
  runId: "000102030405060708090a0b0c0d0e0f",
  name: "example",
  modelHash,
});
export const hashOfPlan: ContentHash = planHash(plan, sha256);

export const challenge: Challenge = {
  protocolVersions: [1],
  nonce: filled(32, 4),
  runId: plan.runId,
  coordinatorKey: coordinator.publicKey,
};

export const baseParamsHash: ContentHash = `sha256-${"ab".repeat(32)}`;

export const offer = createOffer({
  round: 7,
  attempt: 0,
  ticket: Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i),
  baseParamsHash,
  baseVersion: 7,
  deadlineMs: 60_000,
  numParams: 3,
  paramsBytes: 84,
});

export const expectation: UpdateExpectation = {
  plan,
  planHash: hashOfPlan,
  coordinatorKey: coordinator.publicKey,
  clientKey: client.publicKey,
  offer,
  offerManifestHash: manifestHash(offer.manifest, sha256),
  currentVersion: 7,
};

export const updateOptions: UpdateOptions = {
  plan,
  planHash: hashOfPlan,
  coordinatorKey: coordinator.publicKey,
  offer,
  delta: Float32Array.of(0.5, -0.25, 0),
  numExamples: 600,
  metrics: { trainLoss: 0.75 },
};

/** The honest update of this world, or one with some options changed. */
export function honestUpdate(changed: Partial<UpdateOptions> = {}): Promise<SignedUpdate> {
  return createUpdate({ ...updateOptions, ...changed }, client, sha256);
}
