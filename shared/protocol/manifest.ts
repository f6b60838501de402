import * as v from "valibot";
import { canonicalJsonBytes } from "../base/canonicalJson.ts";
import { ProtocolError } from "../base/errors.ts";
import { type ContentHash, contentHash, type Sha256 } from "../base/hash.ts";
import { hashText, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";
import { type Metrics, metricsSchema } from "./metrics.ts";
import { parserOf } from "./parseWith.ts";

const partSchema = v.strictObject({
  /** What it is: "delta" in an update, "params" in an offer; later control variates, statistics. Letters and digits. */
  name: v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]{0,39}$/)),
  /** Element type once decoded. */
  dtype: v.literal("f32"),
  /** How elements became bytes: a codec's id in an update, "safetensors" in an offer. */
  codec: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,19}$/)),
  /** Elements. */
  numElements: integer(1, LIMITS.maxNumParams),
  /** Bytes of the encoded part. */
  numBytes: integer(1, LIMITS.maxUpdateBytes),
  /** Content hash of the part, where it is fetched on its own (offers). */
  hash: v.exactOptional(hashText),
});

/** Named parts, in the order of their bytes. Its hash is in the signed header. */
const manifestSchema = v.strictObject({
  /** Form of this document. */
  format: v.literal("headwater-parts/1"),
  /** 1 to 16 parts; an update's payload is exactly their concatenation. */
  parts: v.pipe(v.array(partSchema), v.maxLength(LIMITS.maxParts), v.minLength(1)),
  /** Figures of the sender ("trainLoss"); hints, never weights. */
  metrics: metricsSchema,
});

export type ManifestPart = v.InferOutput<typeof partSchema>;
export type Manifest = v.InferOutput<typeof manifestSchema>;

const checkManifest = parserOf("manifest", manifestSchema);

/** Canonical bytes of a manifest. @throws ProtocolError MALFORMED if it is none. */
export function encodeManifest(parts: readonly ManifestPart[], metrics: Metrics = {}): Uint8Array {
  return canonicalJsonBytes(checkManifest({ format: "headwater-parts/1", parts, metrics }));
}

/**
 * @throws ProtocolError TOO_LARGE beyond 8 KiB, MALFORMED unless the bytes are the canonical JSON of a manifest (one
 * value, one encoding) with distinct part names.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > LIMITS.maxManifestBytes) {
    throw new ProtocolError("TOO_LARGE", `manifest expected <= ${LIMITS.maxManifestBytes} bytes, got ${bytes.length}`);
  }
  const manifest = checkManifest(parseJson(bytes));
  const canonical = canonicalJsonBytes(manifest);
  if (canonical.length !== bytes.length || canonical.some((byte, i) => byte !== bytes[i])) {
    throw new ProtocolError("MALFORMED", "manifest expected canonical JSON (RFC 8785)");
  }
  if (new Set(manifest.parts.map((part) => part.name)).size !== manifest.parts.length) {
    throw new ProtocolError("MALFORMED", "manifest expected distinct part names");
  }
  return manifest;
}

/** What headers name as `manifestHash` and `offerManifestHash`. */
export function manifestHash(bytes: Uint8Array, sha256: Sha256): ContentHash {
  return contentHash(sha256, bytes);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ProtocolError("MALFORMED", "manifest expected JSON in UTF-8", { cause });
  }
}
