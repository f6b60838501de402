// `headwater simulate` alone, from what is built, with the exit codes of the whole command.
import { Command, CommanderError } from "commander";
import { simulateCommand } from "../../../dist/simulations/simulateCommand.js";

const program = new Command("headwater").exitOverride();
program.addCommand(simulateCommand().copyInheritedSettings(program));
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) console.error(String(error));
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 1 ? 2 : error.exitCode) : 1;
}
