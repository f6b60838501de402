import * as v from "valibot";
import { bytesBetween, bytesOf } from "./fields.ts";
import { LIMITS, SIZES } from "./limits.ts";
import { type Parser, parserOf } from "./parseWith.ts";
import { UPDATE_HEADER_BYTES } from "./updateHeader.ts";

/**
 * client -> coordinator: opens an upload, or resumes it after a reconnect; acknowledged with `UploadAck`. Sending the
 * same header again is always safe: the answer is the offset to go on from, or the receipt.
 */
const submitSchema = v.strictObject({
  /** The signed header (updateHeader.ts), a fixed number of bytes. */
  header: bytesOf(UPDATE_HEADER_BYTES),
  /** Ed25519 by the client over `header`. */
  signature: bytesOf(SIZES.signature),
  /** Canonical JSON of the parts of the payload (manifest.ts); the header holds its hash. */
  manifest: bytesBetween(2, LIMITS.maxManifestBytes),
});

export type Submit = v.InferOutput<typeof submitSchema>;

/** @throws ProtocolError MALFORMED or TOO_LARGE. */
export const parseSubmit: Parser<Submit> = parserOf("submit", submitSchema);
