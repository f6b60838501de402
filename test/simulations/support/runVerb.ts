import { Command, CommanderError } from "commander";
import { vi } from "vitest";

export interface Ended {
  /** Null where a signal ended a process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a verb in this process, which is much faster than a new one: what it prints, and what the whole command would exit with. */
export async function runVerb(verb: Command, args: readonly string[]): Promise<Ended> {
  let [code, stdout, stderr] = [0, "", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += text;
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    }),
  ];
  const program = new Command("headwater").exitOverride();
  program.addCommand(verb.copyInheritedSettings(program));
  for (const inner of verb.commands) inner.copyInheritedSettings(verb);
  try {
    await program.parseAsync([verb.name(), ...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 1 ? 2 : error.exitCode; // commander's own refusals, as cli/headwater.ts turns them
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { code, stdout, stderr };
}
