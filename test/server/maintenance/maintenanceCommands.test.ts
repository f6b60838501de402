import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { backupCommand, doctorCommand, restoreCommand } from "../../../server/maintenance/maintenanceCommands.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { playSignedRun } from "../../support/signedRun.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** Runs a verb in this process. */
async function run(...args: string[]): Promise<{ readonly stdout: string; readonly exitCode: number }> {
  const chunks: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
  process.exitCode = undefined;
  const program = new Command("headwater").exitOverride().configureOutput({ writeErr: () => {} });
  for (const verb of [backupCommand(), restoreCommand(), doctorCommand()]) {
    program.addCommand(verb.copyInheritedSettings(program));
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { stdout: chunks.join(""), exitCode: error.exitCode };
  }
  return { stdout: chunks.join(""), exitCode: Number(process.exitCode ?? 0) };
}

async function writeRun(): Promise<{ directory: string; paramsHash: string }> {
  const directory = join(temporaryFolder(), "data");
  const store = await openStore({ directory });
  const paramsHash = await playSignedRun(store, { retention: "headers", rounds: 1 });
  await store.close();
  mkdirSync(join(directory, "secrets"), { mode: 0o700 });
  writeFileSync(join(directory, "secrets", "coordinator.seed"), new Uint8Array(32).fill(1), { mode: 0o600 });
  return { directory, paramsHash };
}

describe("headwater backup, restore and doctor", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined; // the commands set it; the test runner reads it
  });

  it("say what they did, and that the key is in the backup", async () => {
    const { directory } = await writeRun();
    const backup = `${directory}-backup`;
    const made = await run("backup", directory, backup);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stdout).toMatch(/run: 7 events, \d+ blobs[\s\S]*key is in it[\s\S]*ok: .* is whole and was read back/);
    const restored = await run("restore", backup, `${directory}-2`, "--json");
    expect(JSON.parse(restored.stdout)).toMatchObject({ hasKey: true, stores: [{ path: "", head: { seq: 6 } }] });
    expect(await run("doctor", `${directory}-2`)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/ok: the run can go on/),
    });
  });

  it("say what is missing where the key was left out", async () => {
    const { directory } = await writeRun();
    const backup = `${directory}-backup`;
    expect((await run("backup", directory, backup, "--without-key")).stdout).toMatch(
      /key is not in it: keep it elsewhere/,
    );
    expect((await run("restore", backup, `${directory}-2`)).stdout).toMatch(/put the coordinator's key into/);
  });

  it("exit 1 and say what to do about what is broken", async () => {
    const { directory, paramsHash } = await writeRun();
    rmSync(join(directory, "blobs", paramsHash));
    const { stdout, exitCode } = await run("doctor", directory);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/error {5}blobs: .*\n +-> the run goes on from it: restore a backup[\s\S]*FAILED/);
    const json = await run("doctor", directory, "--json");
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false });
  });

  it("exit 1 for the folder of one run whose journal was lost: that is not none of theirs", async () => {
    const { directory } = await writeRun();
    rmSync(join(directory, "journal.db"));
    const { stdout, exitCode } = await run("doctor", directory);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/error {5}journal: .* is missing; .*\n +-> restore a backup[\s\S]*FAILED/);
    await expect(run("backup", directory, `${directory}-backup`)).rejects.toThrow(/is missing/);
  });

  it("exit 2 for a folder that is none of theirs", async () => {
    const nothing = join(temporaryFolder(), "nothing");
    expect((await run("backup", nothing, `${nothing}-backup`)).exitCode).toBe(2);
    expect((await run("restore", nothing, `${nothing}-2`)).exitCode).toBe(2);
    expect((await run("doctor", nothing)).exitCode).toBe(2);
  });
});
