import { type ErrorCode, ProtocolError } from "../base/errors.ts";
import { type ContentHash, contentHash, type Sha256, toHex } from "../base/hash.ts";
import { findNotFinite, INFINITY_BITS, magnitudeOfBits, maxMagnitudeBits } from "../codec/finite.ts";
import { codecById } from "../codec/registry.ts";
import type { Verify } from "../crypto/signer.ts";
import { LIMITS } from "./limits.ts";
import { type Manifest, manifestHash, parseManifest } from "./manifest.ts";
import type { Offer } from "./offer.ts";
import type { RunPlan } from "./runPlan.ts";
import { strategyNeeds, type UpdatePart, updateParts } from "./strategyNeeds.ts";
import type { Submit } from "./submit.ts";
import { parseUpdateHeader, UPDATE_KIND, type UpdateHeader, updateHeaderHash } from "./updateHeader.ts";
import { PROTOCOL_VERSION } from "./version.ts";

/** Of a figure that a strategy computes with: losses, steps. */
const MAX_NEEDED_METRIC = 1e9;

/** What the coordinator handed out, and so what an update for it must say. */
export interface UpdateExpectation {
  readonly plan: RunPlan;
  readonly planHash: ContentHash;
  readonly coordinatorKey: Uint8Array;
  /** The authenticated key of the connection. */
  readonly clientKey: Uint8Array;
  /** Its generation: 0, when absent, until it took another key's place. */
  readonly keyEpoch?: number;
  /** The assignment, with its ticket. */
  readonly offer: Pick<
    Offer,
    "round" | "attempt" | "ticket" | "baseParamsHash" | "baseVersion" | "deadlineMs" | "numParams"
  >;
  /** Hash of the offer's manifest. */
  readonly offerManifestHash: ContentHash;
  /** Commits so far: staleness is this less the header's base version. */
  readonly currentVersion: number;
}

/** A header whose every field and signature are right; its payload is still to come. */
export interface VerifiedHeader {
  readonly header: UpdateHeader;
  readonly headerHash: ContentHash;
  readonly manifest: Manifest;
}

/**
 * First half of the check, before a byte of the payload is accepted: sizes, ticket, header, signature, manifest. Cheap
 * checks come first; the signature is checked before anything that depends on what the peer claims about its bytes.
 * The caller has parsed the message, kept its rates, and looked the assignment up by ticket and connection.
 * @throws ProtocolError with the code of the first check that fails.
 */
export function verifyUpdateHeader(
  expected: UpdateExpectation,
  submit: Submit,
  ports: { readonly verify: Verify; readonly sha256: Sha256 },
): VerifiedHeader {
  const header = parseUpdateHeader(submit.header);
  const { plan, offer } = expected;
  expectBytes("UNKNOWN_TICKET", "ticket", offer.ticket, header.ticket);
  expectEqual("VERSION_UNSUPPORTED", "version", PROTOCOL_VERSION, header.version);
  expectEqual("MALFORMED", "kind", UPDATE_KIND, header.kind);
  expectEqual("MALFORMED", "reserved", 0, header.reserved);
  expectEqual("WRONG_RUN", "runId", plan.runId, header.runId);
  expectBytes("WRONG_RUN", "coordinatorKey", expected.coordinatorKey, header.coordinatorKey);
  expectBytes("BAD_KEY", "clientKey", expected.clientKey, header.clientKey);
  expectEqual("BAD_KEY", "keyEpoch", expected.keyEpoch ?? 0, header.keyEpoch);
  expectEqual("PLAN_MISMATCH", "planHash", expected.planHash, header.planHash);
  expectEqual("MODEL_MISMATCH", "modelHash", plan.modelHash, header.modelHash);
  expectEqual("ROUND_CLOSED", "round", offer.round, header.round);
  expectEqual("ROUND_CLOSED", "attempt", offer.attempt, header.attempt);
  expectEqual("PLAN_MISMATCH", "deadlineMs", offer.deadlineMs, header.deadlineMs);
  expectEqual("BASE_MISMATCH", "baseVersion", offer.baseVersion, header.baseVersion);
  expectEqual("BASE_MISMATCH", "baseParamsHash", offer.baseParamsHash, header.baseParamsHash);
  expectEqual("BASE_MISMATCH", "offerManifestHash", expected.offerManifestHash, header.offerManifestHash);
  const staleness = expected.currentVersion - header.baseVersion;
  if (staleness < 0 || staleness > plan.maxStaleness) {
    throw new ProtocolError("ROUND_CLOSED", `staleness expected <= ${plan.maxStaleness}, got ${staleness}`);
  }
  if (header.weight < 1 || header.weight > plan.maxWeight) {
    throw new ProtocolError("WEIGHT_OUT_OF_RANGE", `weight expected 1..${plan.maxWeight}, got ${header.weight}`);
  }
  expectEqual("PLAN_MISMATCH", "clipNorm", 0, header.clipNorm);
  expectEqual("PLAN_MISMATCH", "noiseStdDev", 0, header.noiseStdDev);
  if (header.payloadBytes > LIMITS.maxUpdateBytes) {
    throw new ProtocolError(
      "TOO_LARGE",
      `payload expected <= ${LIMITS.maxUpdateBytes} bytes, got ${header.payloadBytes}`,
    );
  }
  if (!ports.verify(header.clientKey, submit.header, submit.signature)) {
    throw new ProtocolError("BAD_SIGNATURE", "update header expected a signature of its client key over these bytes");
  }
  expectEqual("DIGEST_MISMATCH", "manifestHash", manifestHash(submit.manifest, ports.sha256), header.manifestHash);
  const manifest = parseManifest(submit.manifest);
  checkParts(expected, header, manifest);
  return { header, headerHash: updateHeaderHash(submit.header, ports.sha256), manifest };
}

/** The vectors of an update: views of its payload where that is possible, which nobody writes to from then on. */
export interface UpdateVectors {
  /** local params - received params, [numParams]. */
  readonly delta: Float32Array<ArrayBuffer>;
  /** What else the strategy asked for, by name. */
  readonly parts: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/**
 * Second half, once the payload is complete: digest, codec, finite, shape, bound, part for part. About one pass over the
 * bytes for the digest and one for the values. The payload may lie at any alignment.
 * @throws ProtocolError with the code of the first check that fails.
 */
export function verifyUpdatePayload(
  expected: Pick<UpdateExpectation, "plan" | "offer">,
  verified: VerifiedHeader,
  payload: Uint8Array,
  sha256: Sha256,
): UpdateVectors {
  const { header, manifest } = verified;
  expectEqual("DIGEST_MISMATCH", "payloadBytes", header.payloadBytes, payload.length);
  expectEqual("DIGEST_MISMATCH", "payloadHash", header.payloadHash, contentHash(sha256, payload));
  return decodeUpdate(expected.plan, expected.offer.numParams, manifest, payload);
}

/**
 * The vectors of a payload whose digest and manifest were checked before.
 * @throws ProtocolError NOT_FINITE, SHAPE_MISMATCH or BOUND_EXCEEDED naming the part.
 */
export function decodeUpdate(
  plan: RunPlan,
  numParams: number,
  { parts }: Manifest,
  payload: Uint8Array,
): UpdateVectors {
  const vectors = new Map<string, Float32Array<ArrayBuffer>>();
  let at = 0;
  for (const [i, { name, numElements, maxAbs, isIndex }] of wantedParts(plan, numParams).entries()) {
    const part = parts[i] as Manifest["parts"][number];
    const values = codecById(part.codec).decode(payload.subarray(at, at + part.numBytes), part.numElements);
    at += part.numBytes;
    const largest = maxMagnitudeBits(values);
    if (largest >= INFINITY_BITS) {
      const where = findNotFinite(values);
      throw new ProtocolError(
        "NOT_FINITE",
        `${name} expected finite numbers, got ${values[where]} at element ${where}`,
      );
    }
    expectEqual("SHAPE_MISMATCH", `elements of the ${name}`, numElements, values.length);
    if (magnitudeOfBits(largest) > maxAbs) {
      const advice = name === "delta" ? "; train with a smaller step" : "";
      throw new ProtocolError(
        "BOUND_EXCEEDED",
        `|${name}| expected <= ${maxAbs}, got ${magnitudeOfBits(largest)}${advice}`,
      );
    }
    const noIndex = isIndex ? values.find((value) => !(Number.isInteger(value) && value >= 0)) : undefined;
    if (noIndex !== undefined) {
      throw new ProtocolError("BOUND_EXCEEDED", `${name} expected whole numbers from 0 to ${maxAbs}, got ${noIndex}`);
    }
    vectors.set(name, values);
  }
  const delta = vectors.get("delta") as Float32Array<ArrayBuffer>;
  vectors.delete("delta");
  return { delta, parts: vectors };
}

/** What an update's payload is made of. */
function wantedParts(plan: RunPlan, numParams: number): readonly UpdatePart[] {
  const delta: UpdatePart = { name: "delta", numElements: numParams, maxAbs: plan.maxAbsDelta };
  return [delta, ...updateParts(plan, numParams)];
}

/** What the manifest says must be what the plan asks for: the delta and the strategy's parts, in the plan's codec. */
function checkParts({ plan, offer }: UpdateExpectation, header: UpdateHeader, { parts, metrics }: Manifest): void {
  const wanted = wantedParts(plan, offer.numParams);
  if (
    parts.length !== wanted.length ||
    parts.some(({ name, hash }, i) => name !== wanted[i]?.name || hash !== undefined)
  ) {
    const names = wanted.map(({ name }) => `"${name}"`).join(", ");
    throw new ProtocolError("MALFORMED", `update expected the parts ${names}, without hashes of their own`);
  }
  expectEqual("SHAPE_MISMATCH", "numParams", offer.numParams, header.numParams);
  let numBytes = 0;
  for (const [i, part] of parts.entries()) {
    const { name, numElements } = wanted[i] as UpdatePart;
    expectEqual("CODEC_UNSUPPORTED", "codec", plan.codec, part.codec);
    expectEqual("SHAPE_MISMATCH", `elements of the ${name}`, numElements, part.numElements);
    const partBytes = codecById(part.codec).encodedBytes(part.numElements);
    expectEqual("SHAPE_MISMATCH", `bytes of the ${name}`, partBytes, part.numBytes);
    numBytes += partBytes;
  }
  expectEqual("SHAPE_MISMATCH", "payloadBytes", numBytes, header.payloadBytes);
  for (const name of strategyNeeds(plan.strategy, offer.numParams).metrics) {
    const value = metrics[name];
    if (value === undefined || !(value >= 0 && value <= MAX_NEEDED_METRIC)) {
      const got = value === undefined ? "none" : String(value);
      throw new ProtocolError(
        "MALFORMED",
        `metric "${name}" expected 0..${MAX_NEEDED_METRIC} for ${plan.strategy.kind}, got ${got}`,
      );
    }
  }
}

function expectEqual<T extends string | number>(code: ErrorCode, name: string, expected: T, got: T): void {
  if (expected !== got) throw new ProtocolError(code, `"${name}" expected ${expected}, got ${got}`);
}

function expectBytes(code: ErrorCode, name: string, expected: Uint8Array, got: Uint8Array): void {
  expectEqual(code, name, toHex(expected), toHex(got));
}
