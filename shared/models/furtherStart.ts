import { createRng } from "../base/rng.ts";
import type { Model } from "./model.ts";

/**
 * Fresh shared params [spec.sharedLength] for a model of a run beside its first, by a name of their own: for strategies that
 * train several. The same for everybody who knows the run.
 */
export function furtherStart({ init, spec }: Model, runId: string): (name: string) => Float32Array {
  return (name) => init(createRng(runId, "init", name)).slice(0, spec.sharedLength);
}
