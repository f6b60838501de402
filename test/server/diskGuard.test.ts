import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createDiskGuard } from "../../server/diskGuard.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { createVirtualClock } from "../support/virtualClock.ts";

/** A data folder of two runs: 100 bytes of its own, 20 and 3 of the runs. */
function twoRuns(): string {
  const directory = temporaryFolder();
  for (const [path, numBytes] of [
    ["own", 100],
    ["runs/one/blobs/a", 20],
    ["runs/two/blobs/b", 3],
  ] as const) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), new Uint8Array(numBytes));
  }
  return directory;
}

describe("createDiskGuard", () => {
  it("counts files of all folders, and lets no round open beyond its bound", async () => {
    const directory = twoRuns();
    const clock = createVirtualClock();
    let maxBytes = 123;
    const guard = createDiskGuard({ directory, clock, maxBytes: () => maxBytes });
    expect(await guard.mayOpen()).toBeUndefined();
    expect(guard).toMatchObject({ usedBytes: 123, isFull: false });
    maxBytes = 122;
    expect(await guard.mayOpen()).toMatch(/may hold 1 MiB; raise --max-disk/);
  });

  it.each([
    "runs/one",
    "runs/one/blobs",
    "runs/one/blobs/a",
  ])("does without %s, deleted while it counts", async (gone) => {
    const directory = twoRuns();
    const parent = join(directory, gone, "..");
    const guard = createDiskGuard({
      directory,
      clock: createVirtualClock(),
      maxBytes: () => 1000,
      async listFolder(path) {
        const entries = await readdir(path, { withFileTypes: true });
        if (path === parent) rmSync(join(directory, gone), { recursive: true });
        return entries;
      },
    });
    expect(await guard.mayOpen()).toBeUndefined();
    expect(guard.usedBytes).toBe(103);
  });

  it("says so when the data folder itself is gone", async () => {
    const directory = join(temporaryFolder(), "gone");
    const guard = createDiskGuard({ directory, clock: createVirtualClock(), maxBytes: () => 1000 });
    await expect(guard.mayOpen()).rejects.toThrow(/ENOENT/);
  });
});
