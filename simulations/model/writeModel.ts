import { extname } from "node:path";
import { exportOnnx } from "../../shared/interchange/onnx/exportOnnx.ts";
import { toTorchState } from "../../shared/interchange/torch/toTorchState.ts";
import { encodeArrays } from "../../shared/params/encodeArrays.ts";
import { encodeSafetensors } from "../../shared/params/encodeSafetensors.ts";
import { UsageError } from "../experiment/usageError.ts";
import { replaceFile } from "../replaceFile.ts";
import type { OpenedModel } from "./openModelFile.ts";

export interface WriteOptions {
  /** Examples of a batch of an ONNX file; any number when absent. */
  readonly batchSize?: number;
  /** Whether safetensors are named and laid out as PyTorch's. */
  readonly torch?: boolean;
}

/** What a file that ends so holds. */
const FORMATS = {
  ".onnx": "the model with its params, which predicts in other runtimes",
  ".safetensors": "the params",
  ".json": "the model's document",
} as const;

export const FORMAT_HELP = Object.entries(FORMATS)
  .map(([ending, holds]) => `${ending}: ${holds}`)
  .join("; ");

/**
 * Writes a model to a file, in the format that its name ends in, replacing one in a single step.
 * @returns bytes written.
 * @throws UsageError for another ending, or if the model cannot be written so.
 */
export function writeModel(opened: OpenedModel, path: string, options: WriteOptions): number {
  const bytes = encode(opened, path, options);
  try {
    replaceFile(path, bytes);
  } catch (error) {
    throw new UsageError(`--out ${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return bytes.length;
}

function encode(opened: OpenedModel, path: string, { batchSize, torch = false }: WriteOptions): Uint8Array {
  const format = extname(path);
  if (!Object.hasOwn(FORMATS, format)) {
    throw new UsageError(`--out expected a file that ends in ${Object.keys(FORMATS).join(", ")}, got ${path}`);
  }
  if (torch && format !== ".safetensors") throw new UsageError("--torch expected an --out that ends in .safetensors");
  if (batchSize !== undefined && format !== ".onnx") {
    throw new UsageError("--batch-size expected an --out that ends in .onnx");
  }
  // First, because it says what a checkpoint without its model lacks.
  const params = opened.params();
  const model = opened.model!;
  if (format === ".json") return new TextEncoder().encode(`${JSON.stringify(model.document, null, 2)}\n`);
  try {
    if (torch) return encodeArrays(toTorchState(model, params));
    if (format === ".safetensors") return encodeSafetensors(model.spec.entries, params);
    return exportOnnx(model, params, batchSize === undefined ? {} : { batchSize });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = error.message.replace('give a "batchSize"', "give it a --batch-size");
    throw new UsageError(message, { cause: error });
  }
}
