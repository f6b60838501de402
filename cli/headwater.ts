#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { nameVariables } from "./verb/environmentNames.ts";
import { EXIT_STATUS } from "./verb/exitStatus.ts";
import { verbsFor } from "./verbs.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("headwater")
  .description("Federated learning: data stays at the source; only deltas flow.")
  .version(version)
  .addHelpText("after", "\nExample:\n  headwater join http://127.0.0.1:8080 --data mnist --shard 1/100")
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "headwater: ")) })
  .exitOverride();

for (const verb of await verbsFor(process.argv[2])) {
  program.addCommand(verb.copyInheritedSettings(program));
  for (const inner of verb.commands) inner.copyInheritedSettings(verb);
  nameVariables(verb);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has already said what was wrong; it exits 1 for that, the contract of this command says 2.
    process.exitCode = error.exitCode === 1 ? EXIT_STATUS.usage : error.exitCode;
  } else {
    console.error(`headwater: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env.HEADWATER_DEBUG) console.error(error);
    process.exitCode = EXIT_STATUS.failed;
  }
}
