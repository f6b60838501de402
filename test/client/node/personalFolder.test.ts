import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { personalFolder } from "../../../client/node/personalFolder.ts";
import { personalStoreContract, updateHash } from "../../contract/personalStore.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const RUN = "0a".repeat(16);
const UPDATE = updateHash("1");

personalStoreContract(
  "a folder",
  () => {
    const path = join(temporaryFolder(), "identity.private");
    return () => personalFolder(path);
  },
  true,
);

describe("personalFolder", () => {
  it("has one file for each run, and one more until it is known whether an update counts", async () => {
    const path = join(temporaryFolder(), "identity.private");
    const store = personalFolder(path);
    await store.hold(RUN, updateHash("2"), Uint8Array.of(0));
    await store.hold(RUN, UPDATE, Uint8Array.of(1));
    expect(await readdir(path)).toEqual([`${RUN}.${UPDATE}.pending`]);
    await store.promote(RUN, UPDATE);
    expect(await readdir(path)).toEqual([`${RUN}.safetensors`]);
    await store.hold(RUN, UPDATE, Uint8Array.of(2));
    await store.drop(RUN, UPDATE);
    expect(await readdir(path)).toEqual([`${RUN}.safetensors`]);
  });

  it("reads what earlier versions kept", async () => {
    const path = join(temporaryFolder(), "identity.private");
    await mkdir(path);
    await writeFile(join(path, `${RUN}.safetensors`), Uint8Array.of(7));
    expect(await personalFolder(path).load(RUN)).toEqual(Uint8Array.of(7));
  });

  it.skipIf(process.platform === "win32")("lets nobody else read them", async () => {
    const path = join(temporaryFolder(), "identity.private");
    await personalFolder(path).hold(RUN, UPDATE, Uint8Array.of(1));
    const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    expect(await modeOf(join(path, `${RUN}.${UPDATE}.pending`))).toBe(0o600);
    await personalFolder(path).promote(RUN, UPDATE);
    expect(await modeOf(join(path, `${RUN}.safetensors`))).toBe(0o600);
    expect(await modeOf(path)).toBe(0o700);
  });

  it("fails for names that would lead elsewhere, and where it cannot write", async () => {
    const path = temporaryFolder();
    const store = personalFolder(path);
    await expect(store.hold("../elsewhere", UPDATE, Uint8Array.of(1))).rejects.toThrow('"runId" expected');
    await expect(store.hold(RUN, "sha256-../x" as typeof UPDATE, Uint8Array.of(1))).rejects.toThrow(
      '"headerHash" expected',
    );
    await expect(store.drop(RUN, "sha256-../x" as typeof UPDATE)).rejects.toThrow('"headerHash" expected');
    await expect(personalFolder("/dev/null/x").hold(RUN, UPDATE, Uint8Array.of(1))).rejects.toThrow();
    await expect(personalFolder("/dev/null/x").held(RUN)).rejects.toThrow();
    expect(await readdir(path)).toEqual([]);
  });
});
