import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { StoreFiles } from "../../../server/store/storeFiles.ts";
import type { Rng } from "../../../shared/base/rng.ts";

const SECTOR_BYTES = 512;

interface Inode {
  /** What a sync made durable, and what the last write left in memory. */
  synced: Uint8Array;
  current: Uint8Array;
}

/** A change of a folder that no sync has made durable yet; `inode` undefined takes the name away. */
interface Change {
  readonly names: readonly { readonly name: string; readonly inode: Inode | undefined }[];
}

interface Folder {
  readonly durable: Map<string, Inode>;
  changes: Change[];
}

/** What lies on a disk, by the path of the folder. */
export type DiskContent = Map<string, Folder>;

/**
 * Files of a store in memory, for all but SQLite's own, which are real. A file system that promises only what was synced:
 * content with the sync of the file, a name with the sync of its folder. `hit` is asked before and after each half of a
 * step.
 */
export function createModelDisk(hit: (name: string) => void, folders: DiskContent): StoreFiles {
  const folderOf = (path: string): Folder => {
    const folder = folders.get(dirname(path));
    if (folder === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT", syscall: "open" });
    return folder;
  };
  const namesIn = ({ durable, changes }: Folder): Map<string, Inode> => apply(durable, changes);
  const find = (path: string): Inode | undefined => {
    const folder = folders.get(dirname(path));
    return folder && namesIn(folder).get(basename(path));
  };
  const change = (path: string, ...names: Change["names"][number][]): void => {
    folderOf(path).changes.push({ names });
  };
  const step = async (name: string, action: () => void): Promise<void> => {
    hit(`before ${name}`);
    action();
    hit(`after ${name}`);
  };

  return {
    makeFolder: (path) =>
      step("makeFolder", () => {
        if (!folders.has(path)) folders.set(path, { durable: new Map(), changes: [] });
      }),
    async writeNew(path, bytes) {
      const inode: Inode = { synced: new Uint8Array(), current: Uint8Array.from(bytes) };
      await step("write", () => change(path, { name: basename(path), inode }));
      await step("sync", () => {
        inode.synced = inode.current;
      });
    },
    rename: (from, to) =>
      step("rename", () => {
        const inode = find(from);
        change(to, { name: basename(to), inode }, { name: basename(from), inode: undefined });
      }),
    syncFolder: (path) =>
      step("syncFolder", () => {
        const folder = folders.get(path);
        if (folder === undefined) return; // the real one, which SQLite syncs
        const names = namesIn(folder);
        folder.durable.clear();
        for (const [name, inode] of names) folder.durable.set(name, inode);
        folder.changes = [];
      }),
    async read(path) {
      if (basename(path).startsWith("journal.db")) return readReal(path);
      return find(path)?.current.slice();
    },
    exists: async (path) => folders.has(path) || find(path) !== undefined,
    list: async (path) => [...namesIn(folderOf(`${path}/x`)).keys()],
    remove: (path) => step("remove", () => change(path, { name: basename(path), inode: undefined })),
    removeFolder: (path) => step("removeFolder", () => void folders.delete(path)),
  };
}

/** Cuts the power: unsynced changes happen in part, in any order; unsynced bytes are there by sectors, or not. */
export function cutPower(folders: DiskContent, rng: Rng): DiskContent {
  const torn = new Map<Inode, Inode>();
  const tear = (inode: Inode): Inode => {
    const known = torn.get(inode);
    if (known !== undefined) return known;
    const bytes = tearSectors(inode.synced, inode.current, rng);
    const after = { synced: bytes, current: bytes };
    torn.set(inode, after);
    return after;
  };
  const left: DiskContent = new Map();
  for (const [path, { durable, changes }] of folders) {
    const happened = changes.filter(() => rng.nextFloat() < 0.5);
    const names = [...apply(durable, happened)].map(([name, inode]) => [name, tear(inode)] as const);
    left.set(path, { durable: new Map(names), changes: [] });
  }
  return left;
}

function apply(durable: ReadonlyMap<string, Inode>, changes: readonly Change[]): Map<string, Inode> {
  const names = new Map(durable);
  for (const { name, inode } of changes.flatMap((change) => change.names)) {
    if (inode === undefined) names.delete(name);
    else names.set(name, inode);
  }
  return names;
}

/** Some sectors as they were, some as written; the end anywhere between the two. */
export function tearSectors(before: Uint8Array, after: Uint8Array, rng: Rng): Uint8Array {
  if (before === after) return after;
  const length = [before.length, after.length, Math.max(before.length, after.length)][rng.nextBelow(3)] as number;
  const torn = new Uint8Array(length);
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const source = rng.nextFloat() < 0.5 ? before : after;
    torn.set(source.subarray(at, Math.min(at + SECTOR_BYTES, length)), at);
  }
  return torn;
}

/** The bytes of a real file; undefined if there is none. */
export function readReal(path: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
