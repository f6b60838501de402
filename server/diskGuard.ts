import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../shared/base/clock.ts";

export interface DiskGuardOptions {
  readonly directory: string;
  /** Bytes that the folder may hold before no more rounds are opened; asked anew each time. */
  readonly maxBytes: () => number;
  readonly clock: Clock;
  /** The folder is measured at most this often. */
  readonly everyMs?: number;
  /** A round was not opened. */
  readonly onFull?: () => void;
  /** Port; the platform's own when absent. */
  readonly listFolder?: ListFolder;
}

/** What lies in a folder, without what lies in its folders. */
type ListFolder = (path: string) => Promise<readonly Dirent[]>;

/** Caps the disk use of a run that goes on for ever. */
export interface DiskGuard {
  /** Why no more rounds may be opened, or undefined. */
  mayOpen(): Promise<string | undefined>;
  /** As last measured; undefined before. */
  readonly usedBytes: number | undefined;
  readonly maxBytes: number;
  /** By the last measure it holds more than it may. */
  readonly isFull: boolean;
}

export function createDiskGuard(options: DiskGuardOptions): DiskGuard {
  const { directory, clock, everyMs = 30_000, onFull, listFolder = entriesOf } = options;
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  let usedBytes: number | undefined;
  const isFull = (): boolean => (usedBytes ?? 0) > options.maxBytes();

  return {
    async mayOpen() {
      if (isFull() || clock.nowMs() - measuredAtMs >= everyMs) {
        measuredAtMs = clock.nowMs();
        usedBytes = await folderBytes(directory, listFolder);
      }
      if (!isFull()) return undefined;
      onFull?.();
      const inMiB = (value: number): string => `${Math.ceil(value / 2 ** 20).toLocaleString("en")} MiB`;
      const [has, may] = [usedBytes ?? 0, options.maxBytes()].map(inMiB);
      return `${directory} has grown to ${has} and may hold ${may}; raise --max-disk`;
    },
    get usedBytes() {
      return usedBytes;
    },
    get maxBytes() {
      return options.maxBytes();
    },
    get isFull() {
      return isFull();
    },
  };
}

const entriesOf: ListFolder = (path) => readdir(path, { withFileTypes: true });

/**
 * Folder by folder: a run beside this one may be deleted meanwhile, and then counts for what was seen of it.
 * @throws if there is no such folder to begin with.
 */
async function folderBytes(directory: string, listFolder: ListFolder): Promise<number> {
  let total = 0;
  for (const entry of await listFolder(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) total += await unlessGone(folderBytes(path, listFolder));
    else if (entry.isFile()) total += await unlessGone(stat(path).then(({ size }) => size));
  }
  return total;
}

/** Of a file or folder that was listed: 0 if it was deleted since. */
async function unlessGone(bytes: Promise<number>): Promise<number> {
  try {
    return await bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return 0;
  }
}
