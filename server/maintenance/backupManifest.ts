import * as v from "valibot";
import { type ContentHash, isContentHash } from "../../shared/base/hash.ts";
import { CorruptStoreError } from "../store/storeErrors.ts";

export const MANIFEST_NAME = "backup.json";
const FORMAT = "headwater-backup/1";

const hash = v.custom<ContentHash>((value) => typeof value === "string" && isContentHash(value), "expected a hash");
const manifestSchema = v.strictObject({
  format: v.literal(FORMAT),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Whether the coordinator's key is in it. */
  hasKey: v.boolean(),
  stores: v.pipe(
    v.array(
      v.strictObject({
        /** From the backup's folder; "" for the folder itself. */
        path: v.pipe(v.string(), v.regex(/^(runs[/\\][^/\\]+)?$/, 'expected "" or "runs/<name>"')),
        /** The last event; null in a store without events. */
        head: v.nullable(v.strictObject({ seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), hash })),
      }),
    ),
    v.minLength(1, "expected one run at least, got none"),
  ),
});

/** What a backup says of itself; written last. */
export type BackupManifest = v.InferOutput<typeof manifestSchema>;

export function encodeManifest(manifest: Omit<BackupManifest, "format">): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`);
}

/** @throws CorruptStoreError if it is no manifest of this version. */
export function parseManifest(bytes: Uint8Array, path: string): BackupManifest {
  try {
    return v.parse(manifestSchema, JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new CorruptStoreError(`${path} expected a manifest of ${FORMAT}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
