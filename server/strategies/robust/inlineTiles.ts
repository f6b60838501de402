import { runSpan } from "./runSpan.ts";
import { spansOf } from "./spans.ts";
import { addSums, numSums, numValues, type TileCall, type TileResult, type TileRunner } from "./tileCall.ts";

interface InlineTiles extends TileRunner {
  run(call: TileCall): TileResult;
}

/** Runs every span at once, in the caller's thread. */
export const inlineTiles: InlineTiles = {
  run(call) {
    const values = new Float64Array(numValues(call));
    const sums = new Float64Array(numSums(call));
    for (const span of spansOf(call.updates.numParams)) addSums(sums, runSpan(call, span, values));
    return { sums, values };
  },
};
