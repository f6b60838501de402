import type { Program, RowsView } from "../program.ts";
import type { RowMix } from "../rowMix.ts";

/** Makes other rows of the rows it sees. */
export type PreStep = (view: RowsView) => Program<RowMix>;
