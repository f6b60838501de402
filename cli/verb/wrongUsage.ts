import type { Command } from "commander";
import { EXIT_STATUS } from "./exitStatus.ts";

/** Ends a verb as commander ends wrong usage: one sentence on stderr, exit status 2. */
export function wrongUsage(command: Command, message: string): never {
  return command.error(`error: ${message}`, { exitCode: EXIT_STATUS.usage, code: "headwater.usage" });
}
