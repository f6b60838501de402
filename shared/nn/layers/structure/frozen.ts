import type { Layer } from "../../layer.ts";
import { freeze } from "./freeze.ts";

/**
 * A layer as it is: its arrays take no gradient, do not travel and never change, and it computes as in evaluation.
 * Its arrays keep their names, so that a checkpoint of the bare layer fits.
 */
export function frozen(layer: Layer): Layer {
  return {
    name: `frozen ${layer.name}`,
    ...(layer.document && { document: { kind: "frozen", layer: layer.document } }),
    init: freeze(layer.init),
    apply: (params, x, ctx) => layer.apply(params, x, { ...ctx, mode: "evaluate", updateStatistic() {} }),
  };
}
