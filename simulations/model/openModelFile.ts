import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";
import { nameHint } from "../../shared/base/nearestName.ts";
import { createRng } from "../../shared/base/rng.ts";
import { fromTorchState } from "../../shared/interchange/torch/fromTorchState.ts";
import type { Model } from "../../shared/models/model.ts";
import { MODEL_LIMITS } from "../../shared/models/modelDocument.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { ZOO_MODEL_NAMES, zooModel } from "../../shared/models/zoo.ts";
import { frozenLength } from "../../shared/params/frozenParams.ts";
import { paramsFromArrays } from "../../shared/params/paramsFromArrays.ts";
import { type NamedArray, parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import { loadInitialParams } from "../experiment/loadInitialParams.ts";
import { namedModel } from "../experiment/loadModel.ts";
import { UsageError } from "../experiment/usageError.ts";
import { openKerasFile } from "./openKerasFile.ts";

export interface OpenOptions {
  /** A zoo name or a document, for a checkpoint that has none beside it. */
  readonly model?: string;
  /** Checkpoint of the frozen params. */
  readonly base?: string;
  /** Of the params of a model without a checkpoint. */
  readonly seed: number;
}

/** What a file says of a model. */
export interface OpenedModel {
  /** Absent for a checkpoint of which nobody knows the model. */
  readonly model?: Model;
  /** The arrays of a checkpoint. */
  readonly arrays?: ReadonlyMap<string, NamedArray>;
  /** [model.spec.length]: those of the file, or fresh ones. @throws UsageError if the checkpoint does not fit the model. */
  params(): Float32Array;
}

/** Files that a training or a simulation leaves beside its checkpoint, and that say which model it is. */
const BESIDE = ["model.json", "experiment.json"] as const;

/**
 * A model by its zoo name, its document, its checkpoint (safetensors, ours or PyTorch's) or its Keras file.
 * @throws UsageError if there is none, or the file is none of these.
 */
export function openModelFile(path: string, options: OpenOptions): OpenedModel {
  if (!existsSync(path)) return openNamed(path, options);
  if (statSync(path).isDirectory()) return openModelFile(join(path, "model.safetensors"), options);
  try {
    if (extname(path) === ".safetensors") return openCheckpoint(path, options);
    const json = readJson(path);
    if (isObject(json) && "modelTopology" in json) return openKerasFile(json, dirname(path));
    return fresh(modelFromDocument(parseModelDocument(json)), options);
  } catch (error) {
    const isTheirs = error instanceof ProtocolError || error instanceof TypeError || error instanceof RangeError;
    if (!isTheirs && !(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}

function openNamed(name: string, options: OpenOptions): OpenedModel {
  if (ZOO_MODEL_NAMES.some((known) => known === name)) return fresh(zooModel(name), options);
  const hint = nameHint(name, ZOO_MODEL_NAMES, "models of the zoo");
  throw new UsageError(`there is no file "${name}", nor a model of that name; ${hint}`);
}

function fresh(model: Model, { base, seed }: OpenOptions): OpenedModel {
  return {
    model,
    params: () => (base === undefined ? model.init(createRng(seed, "init")) : loadInitialParams({ base, seed }, model)),
  };
}

function openCheckpoint(path: string, options: OpenOptions): OpenedModel {
  // Two arrays a param, as PyTorch's biases, and a header.
  const arrays = parseSafetensors(readFileSync(path), { maxBytes: 8 * MODEL_LIMITS.params + 2 ** 20 });
  const found = modelOf(path, options);
  if (!found) {
    const known = `name it by --model: a zoo name or a document; ${BESIDE.join(" or ")} beside the checkpoint would do`;
    return {
      arrays,
      params() {
        throw new UsageError(`${path} does not say which model it is of; ${known}`);
      },
    };
  }
  const { model, base } = found;
  return {
    model,
    arrays,
    params() {
      try {
        return checkpointParams(model, arrays, { ...options, ...(base !== undefined && { base }) });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new UsageError(`${path} is not of the model "${model.document.name}": ${error.message}`, {
          cause: error,
        });
      }
    },
  };
}

/** The model of a checkpoint: as it is said, or as a file beside it says. */
function modelOf(path: string, { model, base }: OpenOptions): { model: Model; base?: string } | undefined {
  const given = base === undefined ? {} : { base };
  if (model !== undefined) return { model: namedModel({ model }), ...given };
  for (const name of BESIDE) {
    const beside = join(dirname(path), name);
    if (!existsSync(beside)) continue;
    const json = readJson(beside);
    if (name === "model.json") return { model: modelFromDocument(parseModelDocument(json)), ...given };
    const experiment = json as Parameters<typeof namedModel>[0] & { readonly base?: string };
    return { model: namedModel(experiment), ...(experiment.base !== undefined && { base: experiment.base }), ...given };
  }
  return undefined;
}

function checkpointParams(
  model: Model,
  arrays: ReadonlyMap<string, NamedArray>,
  { base, seed }: OpenOptions,
): Float32Array {
  const { spec } = model;
  const known = new Set(spec.entries.map(({ name }) => name));
  if (arrays.size > 0 && ![...arrays.keys()].some((name) => known.has(name))) return fromTorchState(model, arrays);
  if (base === undefined || frozenLength(spec) === 0) return paramsFromArrays(spec, arrays);
  const initial = loadInitialParams({ base, seed }, model);
  const whole = new Map(arrays);
  for (const { name, kind, shape, offset, length } of spec.entries) {
    if (kind === "frozen") whole.set(name, { shape, values: initial.subarray(offset, offset + length) });
  }
  return paramsFromArrays(spec, whole);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
