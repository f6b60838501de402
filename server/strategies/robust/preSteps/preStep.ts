import type { Program, RowsView } from "../program.ts";
import type { RowMix } from "../rowMix.ts";
import type { RuleContext } from "../rules/rule.ts";

/** Makes other rows of the rows it sees. */
export type PreStep = (view: RowsView, context: RuleContext) => Program<RowMix>;
