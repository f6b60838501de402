import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../shared/base/clock.ts";

export interface DiskGuardOptions {
  readonly directory: string;
  /** Bytes that the folder may hold before no more rounds are opened. */
  readonly maxBytes: number;
  readonly clock: Clock;
  /** The folder is measured at most this often. */
  readonly everyMs?: number;
}

/** Caps the disk use of a run that goes on for ever: says why no more rounds may be opened, or undefined. */
export function createDiskGuard(options: DiskGuardOptions): () => Promise<string | undefined> {
  const { directory, maxBytes, clock, everyMs = 30_000 } = options;
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.nowMs() - measuredAtMs < everyMs) return undefined;
    measuredAtMs = clock.nowMs();
    const bytes = await folderBytes(directory);
    if (bytes <= maxBytes) return undefined;
    const inMiB = (value: number): string => `${Math.ceil(value / 2 ** 20).toLocaleString("en")} MiB`;
    return `${directory} has grown to ${inMiB(bytes)} and may hold ${inMiB(maxBytes)}; raise --max-disk`;
  };
}

async function folderBytes(directory: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      total += (await stat(join(entry.parentPath, entry.name))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // deleted since it was listed
    }
  }
  return total;
}
