import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { PersonalStore } from "../core/personalStore.ts";

/**
 * Personal params in a folder, a file of mode 0600 for each run. A file is written under another name, synced and then
 * renamed, so that a crash leaves the one before or the whole new one.
 */
export function personalFolder(path: string): PersonalStore {
  const fileOf = (runId: string): string => {
    if (!/^[0-9a-f]{32}$/.test(runId))
      throw new TypeError(`"runId" expected 32 hex digits, got ${runId.slice(0, 100)}`);
    return join(path, `${runId}.safetensors`);
  };
  return {
    async load(runId) {
      try {
        return new Uint8Array(await readFile(fileOf(runId)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async keep(runId, bytes) {
      const target = fileOf(runId);
      await mkdir(path, { recursive: true, mode: 0o700 });
      const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
      try {
        const file = await open(temporary, "wx", 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await unlink(temporary).catch(() => undefined); // the first error is the one that counts
        throw error;
      }
    },
  };
}
