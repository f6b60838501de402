import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { verifyCommand } from "../../../server/verify/verifyCommand.ts";
import { playSignedRun } from "../../support/signedRun.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

interface Outcome {
  readonly stdout: string;
  readonly exitCode: number;
}

/** Runs `headwater verify ...` in this process. */
async function runVerify(...args: string[]): Promise<Outcome> {
  const chunks: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => chunks.push(String(chunk)) > 0);
  const quiet = { writeErr: () => {} };
  const program = new Command("headwater").exitOverride().configureOutput(quiet);
  program.addCommand(verifyCommand().copyInheritedSettings(program));
  try {
    await program.parseAsync(["verify", ...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { stdout: chunks.join(""), exitCode: error.exitCode };
  }
  return { stdout: chunks.join(""), exitCode: Number(process.exitCode ?? 0) };
}

async function writeRun(cheatInRound?: number, retention: "all" | "headers" = "all"): Promise<string> {
  const directory = temporaryFolder();
  const store = await openStore({ directory });
  const cheat = cheatInRound === undefined ? {} : { cheatInRound };
  await playSignedRun(store, { retention, rounds: 2, ...cheat });
  await store.close();
  return directory;
}

describe("headwater verify", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined; // the command sets it; the test runner reads it
  });

  it("exits 0 and says how far it got when everything holds", async () => {
    const { stdout, exitCode } = await runVerify(await writeRun());
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/tiny run[\s\S]*2 models recomputed bit for bit[\s\S]*ok: everything checked holds/);
  });

  it("prints one JSON object with --json", async () => {
    const { stdout } = await runVerify(await writeRun(), "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, level: "models", numCommits: 2, numUpdates: 6 });
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });

  it("exits 1 and names the event when something does not hold", async () => {
    const { stdout, exitCode } = await runVerify(await writeRun(1));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/event 12: round 1 could not be recomputed[\s\S]*FAILED: 1 problem/);
  });

  it("checks chain and signatures alone with --level headers", async () => {
    const { stdout, exitCode } = await runVerify(await writeRun(1), "--level", "headers");
    expect(exitCode).toBe(0); // what round 1 cheats with, only a recomputed model shows
    expect(stdout).toMatch(/models not recomputed: no more was asked for[\s\S]*ok: everything checked holds/);
  });

  it("exits 1 when --level models cannot be reached, whatever else holds", async () => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect((await runVerify(await writeRun(), "--level", "models")).exitCode).toBe(0);
    process.exitCode = undefined;
    const { stdout, exitCode } = await runVerify(await writeRun(undefined, "headers"), "--level", "models");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/ok: everything checked holds/);
    expect(process.stderr.write).toHaveBeenLastCalledWith(
      expect.stringMatching(/level "models" was not reached: this run/),
    );
  });

  it("exits 2 for a directory that holds no journal", async () => {
    expect((await runVerify(join(temporaryFolder(), "nothing"))).exitCode).toBe(2);
  });
});
