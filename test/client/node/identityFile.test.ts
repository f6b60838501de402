import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultIdentityPath, IdentityFileError, openIdentityFile } from "../../../client/node/identityFile.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const file = async (): Promise<string> => join(temporaryFolder(), "deep", "identity.json");

describe("openIdentityFile", () => {
  it("makes a key that only its owner can read, and finds the same one again", async () => {
    const path = await file();
    const first = await openIdentityFile(path);
    const second = await openIdentityFile(path);
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(second.signer.publicKey).toEqual(first.signer.publicKey);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(path))).toEqual(["identity.json"]); // nothing temporary is left
  });

  it("gives one key to clients that start at the same moment", async () => {
    const path = await file();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openIdentityFile(path)));
    expect(new Set(opened.map(({ signer }) => toHex(signer.publicKey))).size).toBe(1);
    expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it("refuses a key that others may read, and names the command that mends it", async () => {
    const path = await file();
    await openIdentityFile(path);
    await chmod(path, 0o644);
    await expect(openIdentityFile(path)).rejects.toThrow(`${path} expected mode 600, got 644`);
    await expect(openIdentityFile(path)).rejects.toThrow(`chmod 600 ${path}`);
  });

  it.each([
    ["an empty file", () => ""],
    ["half a file", (text: string) => text.slice(0, text.length / 2)],
    ["another document", () => '{"format":"headwater-plan/1"}'],
    ["a seed of another key", (text: string) => text.replace(/"seed": ".{64}"/, `"seed": "${"1".repeat(64)}"`)],
  ])("refuses %s instead of making a new key over it", async (_what, damage) => {
    const path = await file();
    await openIdentityFile(path);
    const damaged = damage(await readFile(path, "utf8"));
    await writeFile(path, damaged);
    await expect(openIdentityFile(path)).rejects.toThrow(IdentityFileError);
    expect(await readFile(path, "utf8")).toBe(damaged);
  });

  it("says when the path is a folder", async () => {
    const path = await file();
    await mkdir(path, { recursive: true });
    await expect(openIdentityFile(path)).rejects.toThrow(`${path} cannot be read`);
  });

  it("lies in the person's configuration folder by default", () => {
    expect(defaultIdentityPath({ XDG_CONFIG_HOME: "/config" })).toBe("/config/headwater/identity.json");
    expect(defaultIdentityPath({})).toMatch(/\.config\/headwater\/identity\.json$/);
  });
});
