import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { personalFolder } from "../../../client/node/personalFolder.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const RUN = "0a".repeat(16);

describe("personalFolder", () => {
  it("keeps what was kept last for each run, also for the next process", async () => {
    const path = join(temporaryFolder(), "identity.private");
    const store = personalFolder(path);
    expect(await store.load(RUN)).toBeUndefined();
    await store.keep(RUN, Uint8Array.of(1, 2));
    await store.keep(RUN, Uint8Array.of(3));
    await store.keep("0b".repeat(16), Uint8Array.of(4));
    expect(await personalFolder(path).load(RUN)).toEqual(Uint8Array.of(3));
    expect((await readdir(path)).sort()).toEqual([`${RUN}.safetensors`, `${"0b".repeat(16)}.safetensors`]);
  });

  it.skipIf(process.platform === "win32")("lets nobody else read them", async () => {
    const path = join(temporaryFolder(), "identity.private");
    await personalFolder(path).keep(RUN, Uint8Array.of(1));
    expect((await stat(join(path, `${RUN}.safetensors`))).mode & 0o777).toBe(0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  it("fails for a run whose name would lead elsewhere, and where it cannot write", async () => {
    const path = temporaryFolder();
    await expect(personalFolder(path).keep("../elsewhere", Uint8Array.of(1))).rejects.toThrow('"runId" expected');
    await expect(personalFolder("/dev/null/x").keep(RUN, Uint8Array.of(1))).rejects.toThrow();
    expect(await readdir(path)).toEqual([]);
  });
});
