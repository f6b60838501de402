import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import { codecById } from "../codec/registry.ts";
import type { Signer } from "../crypto/signer.ts";
import { encodeManifest, manifestHash } from "./manifest.ts";
import type { Metrics } from "./metrics.ts";
import type { Offer } from "./offer.ts";
import type { RunPlan } from "./runPlan.ts";
import { updateParts } from "./strategyNeeds.ts";
import type { Submit } from "./submit.ts";
import { encodeUpdateHeader, UPDATE_KIND, updateHeaderHash } from "./updateHeader.ts";
import { PROTOCOL_VERSION } from "./version.ts";

export interface UpdateOptions {
  readonly plan: RunPlan;
  /** `planHash(plan)`, from the checked `welcome`. */
  readonly planHash: ContentHash;
  /** From the challenge. */
  readonly coordinatorKey: Uint8Array;
  /** From the welcome; 0 when absent. */
  readonly keyEpoch?: number;
  readonly offer: Offer;
  /** local params - received params, [offer.numParams]; only read. */
  readonly delta: Float32Array;
  /** Examples trained on, >= 1; the weight is this, capped by the plan. */
  readonly numExamples: number;
  /** What the strategy asks for beside the delta, by name. */
  readonly parts?: ReadonlyMap<string, Float32Array>;
  /** Figures for the coordinator: `trainLoss`, what the strategy and the evaluation ask for. */
  readonly metrics?: Metrics;
  /** `receiptHash` of this client's last receipt in the run. */
  readonly previousReceiptHash?: ContentHash;
}

/** An update ready to send; `payload` goes out in chunks once `submit` is acknowledged. */
export interface SignedUpdate {
  readonly submit: Submit;
  readonly payload: Uint8Array;
  /** Name of this update in receipts and commits. */
  readonly headerHash: ContentHash;
}

/**
 * Encodes, hashes and signs one delta. Deterministic: the same options and key give the same bytes, so an update can
 * be made again after a crash and still be the same one.
 * @throws RangeError if the delta is not finite, or longer or shorter than the offer says.
 */
export async function createUpdate(options: UpdateOptions, signer: Signer, sha256: Sha256): Promise<SignedUpdate> {
  const { plan, offer, delta } = options;
  if (delta.length !== offer.numParams) {
    throw new RangeError(`"delta" expected ${offer.numParams} elements, got ${delta.length}`);
  }
  const codec = codecById(plan.codec);
  const vectors = [{ name: "delta", values: delta }, ...orderedParts(options)];
  const encoded = vectors.map(({ values }) => codec.encode(values));
  const payload = encoded.length === 1 ? (encoded[0] as Uint8Array) : concatBytes(encoded);
  const manifest = encodeManifest(
    vectors.map(({ name, values }, i) => ({
      name,
      dtype: "f32",
      codec: plan.codec,
      numElements: values.length,
      numBytes: (encoded[i] as Uint8Array).length,
    })),
    options.metrics,
  );
  const header = encodeUpdateHeader({
    version: PROTOCOL_VERSION,
    kind: UPDATE_KIND,
    reserved: 0,
    runId: plan.runId,
    planHash: options.planHash,
    modelHash: plan.modelHash,
    coordinatorKey: options.coordinatorKey,
    clientKey: signer.publicKey,
    keyEpoch: options.keyEpoch ?? 0,
    round: offer.round,
    attempt: offer.attempt,
    ticket: offer.ticket,
    baseVersion: offer.baseVersion,
    deadlineMs: offer.deadlineMs,
    baseParamsHash: offer.baseParamsHash,
    offerManifestHash: manifestHash(offer.manifest, sha256),
    weight: Math.min(options.numExamples, plan.maxWeight),
    clipNorm: 0,
    noiseStdDev: 0,
    manifestHash: manifestHash(manifest, sha256),
    payloadHash: contentHash(sha256, payload),
    payloadBytes: payload.length,
    numParams: delta.length,
    previousReceiptHash: options.previousReceiptHash ?? null,
  });
  const signature = await signer.sign(header);
  return { submit: { header, signature, manifest }, payload, headerHash: updateHeaderHash(header, sha256) };
}

/** @throws RangeError unless the parts are exactly those that the strategy needs. */
function orderedParts({ plan, offer, parts = new Map() }: UpdateOptions): { name: string; values: Float32Array }[] {
  const needed = updateParts(plan, offer.numParams);
  if (parts.size !== needed.length) {
    throw new RangeError(`"parts" expected ${needed.length} for ${plan.strategy.kind}, got ${parts.size}`);
  }
  return needed.map(({ name, numElements }) => {
    const values = parts.get(name);
    if (values?.length !== numElements) {
      throw new RangeError(`part "${name}" expected ${numElements} elements, got ${values?.length ?? "none"}`);
    }
    return { name, values };
  });
}

function concatBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
