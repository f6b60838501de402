import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { EXIT_STATUS } from "../cli/verb/exitStatus.ts";
import { wholeNumber } from "../cli/verb/wholeNumber.ts";
import { wrongUsage } from "../cli/verb/wrongUsage.ts";
import { encodeParams } from "../shared/params/encodeParams.ts";
import { cohortSize } from "./experiment/experiment.ts";
import { loadData } from "./experiment/loadData.ts";
import { builtInExperiments, loadExperiment } from "./experiment/loadExperiment.ts";
import { loadInitialParams } from "./experiment/loadInitialParams.ts";
import { loadModel } from "./experiment/loadModel.ts";
import { UsageError } from "./experiment/usageError.ts";
import { interruptSignal } from "./interruptSignal.ts";
import { createProgressView, summaryText } from "./progressView.ts";
import { createResultsFolder } from "./resultsFolder.ts";
import { createSimulation } from "./simulation.ts";

interface Flags {
  readonly seed?: number;
  readonly rounds?: number;
  readonly workers: number;
  readonly base?: string;
  readonly out?: string;
  readonly json?: true;
  readonly set: readonly string[];
}

/** `headwater simulate EXPERIMENT.json`: virtual clients, real training, on all cores. */
export function simulateCommand(): Command {
  const command = new Command("simulate")
    .description("run an experiment with virtual clients: the production session, rounds and strategy, no network")
    .argument("<experiment>", `experiment file, or a built-in one: ${builtInExperiments().join(", ")}`)
    .option("--seed <n>", "seed in place of the experiment's", wholeNumber(0, 2 ** 32 - 1))
    .option("--rounds <n>", "most rounds in place of the experiment's", wholeNumber(1, 10_000_000))
    .option("--base <file>", "checkpoint of the frozen params, in place of the experiment's")
    .option("--workers <n>", "threads that train", wholeNumber(1, 256), availableParallelism())
    .option("--out <dir>", "write experiment.json, rounds.jsonl and model.safetensors there")
    .option("--json", "one JSON line a round and a summary line on stdout")
    .option(
      "--set <path=value>",
      "change the experiment; may be repeated",
      (value, all: string[]) => [...all, value],
      [],
    )
    .addHelpText(
      "after",
      "\nExample:\n  headwater simulate mnist-2nn-iid --workers 2 --set local.epochs=5 --out results/iid-e5",
    );
  return command.action(async (nameOrPath: string, flags: Flags) => {
    try {
      await simulate(nameOrPath, flags);
    } catch (error) {
      if (error instanceof UsageError) wrongUsage(command, error.message);
      throw error;
    }
  });
}

async function simulate(nameOrPath: string, flags: Flags): Promise<void> {
  const changes = [
    ...flags.set,
    ...(flags.seed === undefined ? [] : [`seed=${flags.seed}`]),
    ...(flags.rounds === undefined ? [] : [`rounds=${flags.rounds}`]),
    ...(flags.base === undefined ? [] : [`base=${JSON.stringify(resolve(flags.base))}`]),
  ];
  const experiment = loadExperiment(nameOrPath, changes);
  const { notes, ...data } = await loadData(experiment);
  const model = loadModel(experiment, data.train);
  const initialParams = loadInitialParams(experiment, model);
  for (const note of notes) process.stderr.write(`${note}\n`);
  const simulation = createSimulation({ experiment, model, initialParams, ...data, workers: flags.workers });
  const interrupt = interruptSignal();
  try {
    const results = flags.out === undefined ? undefined : createResultsFolder(flags.out, experiment);
    const view = createProgressView(process.stderr);
    view.start({
      name: experiment.name,
      model: model.document.name,
      numParams: model.spec.length,
      numShared: model.spec.sharedLength,
      clients: experiment.partition.clients,
      cohort: cohortSize(experiment),
      workers: flags.workers,
      seed: experiment.seed,
      rounds: experiment.rounds,
    });
    const summary = await simulation
      .run({
        signal: interrupt.signal,
        onRound(line) {
          results?.addLine(line);
          if (flags.json) process.stdout.write(`${JSON.stringify(line)}\n`);
          view.round(line);
        },
      })
      .finally(() => view.stop());
    results?.addLine(summary);
    results?.writeModel(encodeParams(model.spec, simulation.params()));
    if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stdout.write(`\n${summaryText(summary, experiment.stop ?? {}, flags.out)}\n`);
    if (summary.stopped === "interrupted") process.exitCode = EXIT_STATUS.interrupted;
  } finally {
    interrupt.release();
    await simulation.close();
  }
}
