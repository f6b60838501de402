import { renameSync, writeFileSync } from "node:fs";

/** Writes a file, replacing an earlier one in a single step: whoever reads sees the old one or the new one, whole. */
export function replaceFile(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
}
