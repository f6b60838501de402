import { join } from "node:path";
import { isContentHash } from "../../shared/base/hash.ts";
import { createBlobStore } from "../store/blobStore.ts";
import { CorruptStoreError, MissingBlobError } from "../store/storeErrors.ts";
import type { StoreFiles } from "../store/storeFiles.ts";
import type { CheckName, Finding } from "./finding.ts";
import type { KeptBlobs } from "./keptBlobs.ts";

export interface CheckBlobsOptions {
  /** Of one store. */
  readonly directory: string;
  readonly kept: KeptBlobs;
  /** A coordinator may be storing and letting go of blobs meanwhile. */
  readonly isRunning: boolean;
  readonly files: StoreFiles;
}

/** Reads every blob that the run keeps, and looks for files that nobody needs. */
export async function checkBlobs({ directory, kept, isRunning, files }: CheckBlobsOptions): Promise<Finding[]> {
  const folder = join(directory, "blobs");
  const findings: Finding[] = [];
  const blobs = createBlobStore(folder, files);
  let numWhole = 0;
  for (const hash of kept.list()) {
    try {
      await blobs.get(hash);
      numWhole++;
    } catch (error) {
      if (error instanceof MissingBlobError && isRunning) continue; // its round may have been committed since
      if (!(error instanceof MissingBlobError) && !(error instanceof CorruptStoreError)) throw error;
      const isVital = kept.isVital(hash);
      findings.push({
        check: "blobs",
        level: isVital ? "error" : "warning",
        message: error instanceof CorruptStoreError ? error.damage : error.message,
        mend: isVital
          ? "the run goes on from it: restore a backup"
          : "the run can go on without it; a backup may still have it",
      });
    }
  }
  const names = (await files.exists(folder)) ? await files.list(folder) : [];
  const unneeded = isRunning ? [] : names.filter((name) => isContentHash(name) && !kept.has(name));
  const temporary = isRunning ? [] : names.filter((name) => name.endsWith(".tmp"));
  for (const [what, found] of [
    ["that no event needs", unneeded],
    ["left half-written by a killed process", temporary],
  ] as const) {
    if (found.length > 0)
      findings.push(removable("blobs", `${folder}: ${found.length} files ${what}`, folder, found, files));
  }
  const foreign = names.filter((name) => !isContentHash(name) && !name.endsWith(".tmp"));
  if (foreign.length > 0) {
    findings.push({ check: "blobs", level: "note", message: `${folder} holds files of others: ${foreign.join(", ")}` });
  }
  return [{ check: "blobs", level: "ok", message: `${folder}: ${numWhole} blobs are what they were` }, ...findings];
}

/** Files that the next start of the coordinator removes too. */
export function removable(
  check: CheckName,
  message: string,
  folder: string,
  names: readonly string[],
  files: StoreFiles,
): Finding {
  return {
    check,
    level: "note",
    message,
    mend: "headwater doctor --repair removes them, and so does the next start",
    async repair() {
      for (const name of names) await files.remove(join(folder, name));
      await files.syncFolder(folder);
    },
  };
}
