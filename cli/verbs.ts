import type { Command } from "commander";

/**
 * The verbs in the order of the help, each with what loads it: a process runs one of them, and loading all of them takes
 * longer than a coordinator needs to recover.
 */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("../server/serveCommand.ts")).serveCommand(),
  runs: async () => (await import("./runs/runsCommand.ts")).runsCommand(),
  join: async () => (await import("../client/node/joinCommand.ts")).joinCommand(),
  identity: async () => (await import("../client/node/identityCommand.ts")).identityCommand(),
  simulate: async () => (await import("../simulations/simulateCommand.ts")).simulateCommand(),
  train: async () => (await import("../simulations/train/trainCommand.ts")).trainCommand(),
  model: async () => (await import("../simulations/model/modelCommand.ts")).modelCommand(),
  verify: async () => (await import("../server/verify/verifyCommand.ts")).verifyCommand(),
  backup: async () => (await import("../server/maintenance/maintenanceCommands.ts")).backupCommand(),
  restore: async () => (await import("../server/maintenance/maintenanceCommands.ts")).restoreCommand(),
  doctor: async () => (await import("../server/maintenance/maintenanceCommands.ts")).doctorCommand(),
};

/** The verb that the first argument names, alone; all of them where it names none, for help and suggestions. */
export async function verbsFor(firstArgument: string | undefined): Promise<readonly Command[]> {
  if (firstArgument === "--version" || firstArgument === "-V") return [];
  const load = Object.hasOwn(VERBS, firstArgument ?? "") ? VERBS[firstArgument as string] : undefined;
  if (load !== undefined) return [await load()];
  const verbs: Command[] = [];
  for (const loadVerb of Object.values(VERBS)) verbs.push(await loadVerb());
  return verbs;
}
