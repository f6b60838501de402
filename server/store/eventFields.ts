import * as v from "valibot";
import { type ContentHash, isContentHash } from "../../shared/base/hash.ts";

export const contentHashText = v.custom<ContentHash>(
  (value) => typeof value === "string" && isContentHash(value),
  "expected sha256-<64 hex digits>",
);

/** A raw Ed25519 public key, lower-case hex: a client's id, or the coordinator's. */
export const keyText = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits"));

export const base64Text = v.pipe(
  v.string(),
  v.maxLength(1 << 20),
  v.regex(/^[A-Za-z0-9+/]*={0,2}$/, "expected base64"),
);

export const reasonText = v.pipe(v.string(), v.maxLength(1000));
