import { createRng } from "../base/rng.ts";
import type { Model } from "./model.ts";

/**
 * Params as a client of a model begins with them, [spec.length]: the same for all clients, whichever coordinator the model
 * comes from. The private ones count; the shared ones are replaced by those that come.
 */
export function clientStart({ init }: Model): Float32Array {
  return init(createRng("private"));
}
