import { writeFileSync } from "node:fs";
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
    expect(stdout).toMatch(
      /tiny run[\s\S]*2 of 2 recomputed bit for bit\n\n {2}ok: chain, signatures and every model hold\n\n$/,
    );
  });

  it("prints one JSON object with --json", async () => {
    const { stdout } = await runVerify(await writeRun(), "--json");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, level: "models", numCommits: 2, numUpdates: 6 });
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });

  it("exits 1 and names the event when something does not hold", async () => {
    const { stdout, exitCode } = await runVerify(await writeRun(1));
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/event 12: round 1 could not be recomputed[\s\S]*\n\n {2}FAILED: 1 problem\n\n$/);
    expect(stdout).not.toMatch(/\bok\b|\bhold/); // nothing that reads as success before the verdict
  });

  it("checks chain and signatures alone with --level headers", async () => {
    const { stdout, exitCode } = await runVerify(await writeRun(1), "--level", "headers");
    expect(exitCode).toBe(0); // what round 1 cheats with, only a recomputed model shows
    expect(stdout).toMatch(
      /\n\n {2}ok: chain and signatures hold; models were not checked: no more was asked for\n\n$/,
    );
  });

  it("exits 1 when --level models cannot be reached, whatever else holds", async () => {
    expect((await runVerify(await writeRun(), "--level", "models")).exitCode).toBe(0);
    const directory = await writeRun(undefined, "headers");
    expect((await runVerify(directory)).stdout).toMatch(
      /0 of 2 recomputed[\s\S]*ok: chain and signatures hold; models were not checked: this run/,
    );
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const { stdout, exitCode } = await runVerify(directory, "--level", "models");
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /\n {2}problem {7}level "models" was not reached: this run keeps [^\n]*\n\n {2}FAILED: 1 problem\n\n$/,
    );
    expect(stdout).not.toMatch(/\bok\b|\bhold/);
    expect(said).not.toHaveBeenCalled();
    const report = JSON.parse((await runVerify(directory, "--level", "models", "--json")).stdout);
    expect(report).toMatchObject({ ok: false, level: "headers", numProblems: 1 });
  });

  it("claims nothing of a journal that cannot be replayed", async () => {
    const directory = await writeRun();
    writeFileSync(join(directory, "journal.db"), "no database");
    const { stdout, exitCode } = await runVerify(directory);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/models {8}0 of 0 recomputed[\s\S]*journal.db is damaged[^\n]*\n\n {2}FAILED: 1 problem/);
    expect(stdout).not.toMatch(/\bok\b|\bhold|signatures/);
  });

  it("exits 2 for a directory that holds no journal", async () => {
    expect((await runVerify(join(temporaryFolder(), "nothing"))).exitCode).toBe(2);
  });
});
