import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ContentHash } from "../../shared/base/hash.ts";
import type { PersonalStore } from "../core/personalStore.ts";
import { writeDurably } from "./durableFile.ts";

const PENDING = /^[0-9a-f]{32}\.sha256-[0-9a-f]{64}\.pending$/;

/**
 * What stays with a client, in a folder: a file of mode 0600 for each run, and one more, "<run>.<update>.pending", until it is
 * known whether an update counts. A file is written under another name, synced and then renamed, so that a crash leaves the
 * one before or the whole new one.
 */
export function personalFolder(path: string): PersonalStore {
  const fileOf = (runId: string): string => join(path, `${checked("runId", runId, /^[0-9a-f]{32}$/)}.safetensors`);
  const pendingOf = (runId: string, headerHash: string): string =>
    `${checked("runId", runId, /^[0-9a-f]{32}$/)}.${checked("headerHash", headerHash, /^sha256-[0-9a-f]{64}$/)}.pending`;

  return {
    async load(runId) {
      const file = await readFile(fileOf(runId)).catch(unlessMissing);
      return file && new Uint8Array(file);
    },
    async hold(runId, headerHash, bytes) {
      const name = pendingOf(runId, headerHash);
      await mkdir(path, { recursive: true, mode: 0o700 });
      await writeWhole(join(path, name), bytes);
      for (const other of await readdir(path)) {
        if (other !== name && other.startsWith(`${runId}.`) && other.endsWith(".pending"))
          await unlink(join(path, other));
      }
    },
    async held(runId) {
      const files = await readdir(path).catch(unlessMissing);
      const name = files?.find((file) => file.startsWith(`${runId}.`) && PENDING.test(file));
      return name?.slice(runId.length + 1, -".pending".length) as ContentHash | undefined;
    },
    async promote(runId, headerHash) {
      await rename(join(path, pendingOf(runId, headerHash)), fileOf(runId)).catch(unlessMissing);
    },
    async drop(runId, headerHash) {
      await unlink(join(path, pendingOf(runId, headerHash))).catch(unlessMissing);
    },
  };
}

async function writeWhole(target: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeDurably(temporary, "wx", bytes);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // the first error is the one that counts
    throw error;
  }
}

function checked(label: string, text: string, form: RegExp): string {
  if (!form.test(text)) throw new TypeError(`"${label}" expected ${form.source}, got ${text.slice(0, 100)}`);
  return text;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
