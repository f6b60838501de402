import { readFileSync } from "node:fs";
import { ProtocolError } from "../../shared/base/errors.ts";
import { createRng } from "../../shared/base/rng.ts";
import type { Model } from "../../shared/models/model.ts";
import { frozenLength, withFrozen } from "../../shared/params/frozenParams.ts";
import { parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import type { Experiment } from "./experiment.ts";
import { UsageError } from "./usageError.ts";

/**
 * The params that a run begins with, [spec.length]: the model's own for the experiment's seed, frozen ones from the checkpoint
 * that `base` names.
 * @throws UsageError if the model has frozen params and no `base`, or the other way round, or the file does not fit.
 */
export function loadInitialParams({ base, seed }: Pick<Experiment, "base" | "seed">, model: Model): Float32Array {
  const { spec, document } = model;
  const params = model.init(createRng(seed, "init"));
  const numFrozen = frozenLength(spec);
  if (base === undefined) {
    if (numFrozen === 0) return params;
    throw new UsageError(
      `"base" is missing: "${document.name}" has ${numFrozen} frozen params; name the checkpoint that they come from`,
    );
  }
  if (numFrozen === 0) {
    throw new UsageError(`"base" expected a model with frozen params, got "${document.name}"; "lora" adapts a model`);
  }
  try {
    // A header of 1 MiB at most comes on top of the values.
    return withFrozen(spec, params, parseSafetensors(readFileSync(base), { maxBytes: 4 * numFrozen + 2 ** 21 }));
  } catch (error) {
    const isFile = error instanceof Error && "code" in error;
    if (!(error instanceof RangeError || error instanceof ProtocolError || isFile)) throw error;
    throw new UsageError(`"base" ${base}: ${(error as Error).message}`, { cause: error });
  }
}
