import { type Program, pass, type RowsView } from "../program.ts";
import { meanRow } from "../rowMix.ts";

/** Plain mean of the rows. */
export function* meanOfRows({ updates, mix }: RowsView): Program<Float64Array> {
  return (yield* pass({ updates, mix: meanRow(mix) }, { kind: "combination" })).values;
}
