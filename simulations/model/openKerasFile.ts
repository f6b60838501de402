import { readFileSync, statSync } from "node:fs";
import { join, normalize } from "node:path";
import { importKerasModel } from "../../shared/interchange/keras/importKerasModel.ts";
import type { Model } from "../../shared/models/model.ts";
import { MODEL_LIMITS } from "../../shared/models/modelDocument.ts";
import { UsageError } from "../experiment/usageError.ts";

/**
 * A Keras layers model from its parsed model.json and the weights that its manifest names, which lie in the same folder.
 * @throws UsageError if a file of weights is missing or would lie elsewhere; TypeError or RangeError as `importKerasModel`.
 */
export function openKerasFile(json: object, folder: string): { readonly model: Model; params(): Float32Array } {
  const { weightsManifest } = json as { readonly weightsManifest?: readonly { readonly paths?: readonly unknown[] }[] };
  const paths = Array.isArray(weightsManifest) ? weightsManifest.flatMap(({ paths = [] }) => paths) : [];
  let bytes = 0;
  const files = paths.map((path) => {
    const name = normalize(String(path));
    if (name.startsWith("..") || name.startsWith("/")) {
      throw new UsageError(
        `weights expected files beside model.json, got ${JSON.stringify(String(path).slice(0, 200))}`,
      );
    }
    const file = join(folder, name);
    bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > 4 * MODEL_LIMITS.params) {
      throw new UsageError(`weights expected <= ${4 * MODEL_LIMITS.params} bytes, got ${bytes} with ${name}`);
    }
    return read(file);
  });
  const { model, params } = importKerasModel(json, new Uint8Array(Buffer.concat(files)));
  return { model, params: () => params };
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`weights that model.json names cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
