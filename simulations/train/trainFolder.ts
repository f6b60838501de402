import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../shared/models/model.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import { UsageError } from "../experiment/usageError.ts";
import { replaceFile } from "../replaceFile.ts";

/** Where a training leaves what it found. */
export interface TrainFolder {
  /** Adds one line to epochs.jsonl. */
  addLine(line: object): void;
  /** Writes model.safetensors, replacing an earlier one in one step. */
  writeParams(params: Float32Array): void;
}

/**
 * Makes a folder for one training: training.json (what was asked for), model.json (the model's document), epochs.jsonl and, at
 * the end, model.safetensors.
 * @throws UsageError if the folder holds a training already: nobody's is overwritten.
 */
export function createTrainFolder(path: string, model: Model, training: object): TrainFolder {
  const epochs = join(path, "epochs.jsonl");
  if (existsSync(epochs)) throw new UsageError(`--out ${path} holds a training already; choose another folder`);
  try {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "training.json"), `${JSON.stringify(training, null, 2)}\n`);
    writeFileSync(join(path, "model.json"), `${JSON.stringify(model.document, null, 2)}\n`);
    writeFileSync(epochs, "", { flag: "wx" });
  } catch (error) {
    throw new UsageError(`--out ${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return {
    addLine(line) {
      appendFileSync(epochs, `${JSON.stringify(line)}\n`);
    },
    writeParams(params) {
      replaceFile(join(path, "model.safetensors"), encodeParams(model.spec, params));
    },
  };
}
