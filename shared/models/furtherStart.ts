import { createRng } from "../base/rng.ts";
import type { Model } from "./model.ts";

/**
 * Fresh shared params [spec.sharedLength] for a model of a run beside its first, by a name of their own: for strategies that
 * train several. The same for everybody who knows the seed: the id of a run, or the seed of an experiment.
 */
export function furtherStart({ init, spec }: Model, seed: string | number): (name: string) => Float32Array {
  return (name) => init(createRng(seed, "init", name)).slice(0, spec.sharedLength);
}
