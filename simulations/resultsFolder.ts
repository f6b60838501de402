import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "./experiment/experiment.ts";
import { UsageError } from "./experiment/usageError.ts";
import { replaceFile } from "./replaceFile.ts";
import type { RoundLine, SummaryLine } from "./roundLine.ts";

/** Where a run leaves what it found. */
export interface ResultsFolder {
  readonly path: string;
  /** Adds one line to rounds.jsonl; a line is written whole or not at all. */
  addLine(line: RoundLine | SummaryLine): void;
  /** Writes model.safetensors, replacing an earlier one in one step. */
  writeModel(safetensors: Uint8Array): void;
}

/**
 * Makes a results folder: experiment.json (every default filled in, so that the run can be repeated), rounds.jsonl and,
 * at the end, model.safetensors.
 * @throws UsageError if the folder holds results already: nobody's run is overwritten.
 */
export function createResultsFolder(path: string, experiment: Experiment): ResultsFolder {
  const rounds = join(path, "rounds.jsonl");
  if (existsSync(rounds)) throw new UsageError(`--out ${path} holds results already; choose another folder`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "experiment.json"), `${JSON.stringify(experiment, null, 2)}\n`);
    writeFileSync(rounds, "", { flag: "wx" });
  } catch (error) {
    throw new UsageError(`--out ${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return {
    path,
    addLine(line) {
      appendFileSync(rounds, `${JSON.stringify(line)}\n`);
    },
    writeModel(safetensors) {
      replaceFile(join(path, "model.safetensors"), safetensors);
    },
  };
}
