import { Command, InvalidArgumentError } from "commander";
import { EXIT_STATUS } from "../../cli/verb/exitStatus.ts";
import { wholeNumber } from "../../cli/verb/wholeNumber.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import { nameHint } from "../../shared/base/nearestName.ts";
import { ZOO_MODEL_NAMES } from "../../shared/models/zoo.ts";
import { OPTIMIZER_NAMES } from "../../shared/optim/optimizerPlan.ts";
import { UsageError } from "../experiment/usageError.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { DATA_FLAG_HELP } from "./dataFlag.ts";
import { prepareTraining, type TrainingFlags } from "./prepareTraining.ts";
import { createTrainFolder } from "./trainFolder.ts";
import { createTrainView, figuresText } from "./trainView.ts";

interface Flags extends TrainingFlags {
  readonly out?: string;
  readonly json?: true;
}

/** `headwater train MODEL`: one zoo model, trained in this process on data in one place. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description("train one model of the zoo centrally, in this process: what federated runs are compared with")
    .argument("<model>", ZOO_MODEL_NAMES.join(", "))
    .option("--data <source>", DATA_FLAG_HELP)
    .option("--epochs <n>", "passes over the training set", wholeNumber(1, 1_000_000))
    .option("--batch <n>", "examples a step", wholeNumber(1, 65_536))
    .option("--optimizer <name>", OPTIMIZER_NAMES.join(", "))
    .option("--learning-rate <x>", "of the optimizer", positive)
    .option("--seed <n>", "decides initial params and the order of examples", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--size <name=n>", "a size of the model (code=64); may be repeated", size, {})
    .option("--from <file>", "model.safetensors to start from; for a -lora model that of its base")
    .option("--out <dir>", "write training.json, model.json, epochs.jsonl and model.safetensors there")
    .option("--evaluate-every <n>", "epochs between evaluations; 0: at the end only", wholeNumber(0, 1_000_000))
    .option("--json", "one JSON line an epoch and a summary line on stdout")
    .addHelpText("after", "\nExample:\n  headwater train cnn --epochs 2 --seed 7 --out results/cnn");
  return command.action(async (name: string, flags: Flags) => {
    try {
      await train(name, flags);
    } catch (error) {
      if (error instanceof UsageError) wrongUsage(command, error.message);
      throw error;
    }
  });
}

async function train(name: string, flags: Flags): Promise<void> {
  if (!ZOO_MODEL_NAMES.some((known) => known === name)) {
    throw new UsageError(`no model "${name}" in the zoo; ${nameHint(name, ZOO_MODEL_NAMES, "models")}`);
  }
  const prepared = await prepareTraining(name, flags);
  const { model, facts, settings } = prepared;
  const folder = flags.out === undefined ? undefined : createTrainFolder(flags.out, model, settings);
  const interrupt = interruptSignal();
  const view = createTrainView(process.stderr);
  const tell = (line: object): void => {
    folder?.addLine(line);
    if (flags.json) process.stdout.write(`${JSON.stringify(line)}\n`);
  };
  try {
    view.start(facts);
    const { params, summary } = await prepared
      .run({
        signal: interrupt.signal,
        onProgress: view.progress,
        onLine(line) {
          tell(line);
          view.epoch(line);
        },
      })
      .finally(() => view.stop());
    tell(summary);
    folder?.writeParams(params);
    if (!flags.json) process.stdout.write(summaryText({ ...summary }, flags.out));
    if (summary.stopped === "interrupted") process.exitCode = EXIT_STATUS.interrupted;
  } finally {
    interrupt.release();
  }
}

function summaryText(summary: Readonly<Record<string, unknown>> & { readonly epochs: number }, out?: string): string {
  const { epochs, stopped, seconds, paramsHash } = summary;
  return [
    "",
    `  ${stopped === "epochs" ? "done" : "interrupted"} after ${epochs} epochs: ${figuresText(summary)}`,
    `  ${Number(seconds).toFixed(1)} s; params ${paramsHash}`,
    ...(out === undefined ? [] : [`  results in ${out}`]),
    "",
    "",
  ].join("\n");
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError(`expected a number above 0, got ${text}`);
}

function size(text: string, all: Readonly<Record<string, number>>): Record<string, number> {
  const [, name, value] = /^(\w+)=(\d{1,9})$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(`expected name=whole number, got ${text}`);
  return { ...all, [name]: Number(value) };
}
