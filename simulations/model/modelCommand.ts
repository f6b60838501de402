import { Command, InvalidArgumentError } from "commander";
import { wholeNumber } from "../../cli/verb/wholeNumber.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import { loadData } from "../experiment/loadData.ts";
import { checkFit } from "../experiment/loadModel.ts";
import { UsageError } from "../experiment/usageError.ts";
import { DATA_FLAG_HELP, parseDataFlag } from "../train/dataFlag.ts";
import { createJudge } from "../train/judge.ts";
import { describeModel } from "./describeModel.ts";
import { arraysText, modelText } from "./modelText.ts";
import { type OpenedModel, type OpenOptions, openModelFile } from "./openModelFile.ts";
import { FORMAT_HELP, type WriteOptions, writeModel } from "./writeModel.ts";

interface Flags extends OpenOptions {
  readonly json?: true;
}

interface ExportFlags extends Flags, WriteOptions {
  readonly out: string;
}

interface EvaluateFlags extends Flags {
  readonly data: string;
  readonly on?: Part;
}

const PARTS = ["test", "validation", "train"] as const;
type Part = (typeof PARTS)[number];

const FILE_HELP =
  "model.safetensors (ours or PyTorch's), a model document, model.json of Keras, the folder of a training, or a zoo name";

/** `headwater model show | export | evaluate FILE`: look at a model, take it elsewhere, judge it. */
export function modelCommand(): Command {
  const command = new Command("model")
    .description("show, export or evaluate a model document or checkpoint")
    .addHelpText("after", "\nExample:\n  headwater model export results/cnn/model.safetensors --out cnn.onnx");
  verb(command, "show", "what a model takes, gives, holds and costs", show).addHelpText(
    "after",
    "\nExample:\n  headwater model show cnn",
  );
  verb<ExportFlags>(command, "export", "write a model for other tools", exportTo)
    .requiredOption("--out <file>", FORMAT_HELP)
    .option("--batch-size <n>", "fixed batch size of an ONNX file; any when absent", wholeNumber(1, 65_536))
    .option("--torch", "name and lay safetensors out as a PyTorch module's state_dict")
    .addHelpText("after", "\nExample:\n  headwater model export results/cnn/model.safetensors --out cnn.onnx");
  verb<EvaluateFlags>(command, "evaluate", "judge a checkpoint on data", evaluate)
    .requiredOption("--data <source>", DATA_FLAG_HELP)
    .option("--on <part>", `${PARTS.join(", ")}; the first of them that the data has when absent`, partOf)
    .addHelpText("after", "\nExample:\n  headwater model evaluate results/cnn/model.safetensors --data mnist");
  return command;
}

/** One verb with what all have in common. */
function verb<F extends Flags>(
  parent: Command,
  name: string,
  description: string,
  act: (opened: OpenedModel, flags: F) => void | Promise<void>,
): Command {
  const command = parent
    .command(name)
    .description(description)
    .argument("<file>", FILE_HELP)
    .option("--model <name>", "zoo name or document of a checkpoint that has none beside it")
    .option("--base <file>", "checkpoint of the params that adapters leave frozen")
    .option("--seed <n>", "of the params of a model without a checkpoint", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--json", "one JSON object on stdout");
  return command.action(async (file: string, flags: F) => {
    try {
      await act(openModelFile(file, flags), flags);
    } catch (error) {
      if (error instanceof UsageError) wrongUsage(command, error.message);
      throw error;
    }
  });
}

function show({ model, arrays }: OpenedModel, { json }: Flags): void {
  const stored = arrays && [...arrays].map(([name, { shape }]) => ({ name, shape }));
  const description = model && describeModel(model);
  if (json) print({ ...description, ...(stored && { checkpoint: { arrays: stored } }) });
  else process.stdout.write(`\n${description ? modelText(description) : arraysText(arrays!)}\n\n`);
}

function exportTo(opened: OpenedModel, { out, json, ...options }: ExportFlags): void {
  const bytes = writeModel(opened, out, options);
  if (json) print({ out, bytes });
  else process.stdout.write(`${out}: ${opened.model!.document.name}, ${bytes.toLocaleString("en")} bytes\n`);
}

async function evaluate(opened: OpenedModel, { data: text, on, seed, json }: EvaluateFlags): Promise<void> {
  const params = opened.params();
  const model = opened.model!;
  const data = await loadData({ data: { source: parseDataFlag(text) }, seed });
  for (const note of data.notes) process.stderr.write(`${note}\n`);
  const part = on ?? PARTS.find((name) => data[name])!;
  const dataset = data[part];
  if (!dataset)
    throw new UsageError(`--data ${text} has no ${part} set; it has ${PARTS.filter((name) => data[name]).join(", ")}`);
  checkFit(model, dataset);
  const judgement = createJudge(model)(params, dataset);
  if (json) print({ part, examples: dataset.numExamples, ...judgement });
  else
    process.stdout.write(
      `${judgementText(judgement)}   ${dataset.numExamples.toLocaleString("en")} examples (${part})\n`,
    );
}

function judgementText({ loss, ...rest }: ReturnType<ReturnType<typeof createJudge>>): string {
  const figures = Object.entries(rest).map(([name, value]) =>
    name === "accuracy" ? `accuracy ${(100 * value).toFixed(2)} %` : `${name} ${value.toFixed(4)}`,
  );
  return [`loss ${loss.toFixed(4)}`, ...figures].join("   ");
}

function partOf(text: string): Part {
  const part = PARTS.find((name) => name === text);
  if (!part) throw new InvalidArgumentError(`expected ${PARTS.join(", ")}, got ${text}`);
  return part;
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
