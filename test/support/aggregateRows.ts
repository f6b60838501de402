import { createRobustRule, type RobustContext } from "../../server/strategies/robust/createRobustRule.ts";
import { inlineTiles } from "../../server/strategies/robust/inlineTiles.ts";
import { runProgram } from "../../server/strategies/robust/program.ts";
import { identityMix } from "../../server/strategies/robust/rowMix.ts";
import type { Rule, RuleContext } from "../../server/strategies/robust/rules/rule.ts";
import { type UpdateRows, updateRows } from "../../server/strategies/robust/updateRows.ts";
import type { RobustPlan } from "../../shared/protocol/aggregationPlan.ts";

/** Rows of clients "c000", "c001", ... in this order. */
export function rowsOf(rows: readonly ArrayLike<number>[]): UpdateRows {
  return updateRows(
    rows.map((row, i) => ({ clientId: `c${String(i).padStart(3, "0")}`, delta: Float32Array.from(row) })),
  );
}

/** What the plan's rule makes of rows, in this thread. */
export function aggregateRows(
  plan: RobustPlan,
  rows: readonly ArrayLike<number>[],
  context: Partial<RobustContext> = {},
): number[] {
  const updates = rowsOf(rows);
  const rule = createRobustRule(plan, { numParams: updates.numParams });
  const result = rule.aggregate(updates, { kept: new Map(), seed: "seed", tiles: inlineTiles, ...context });
  if (result instanceof Promise) throw new TypeError("a rule on inline tiles expected to be synchronous");
  return Array.from(result.delta);
}

/** What a rule makes of rows, also where a plan would refuse so few. */
export function applyRule(
  rule: Rule,
  rows: readonly ArrayLike<number>[],
  context: Partial<RuleContext> = {},
): number[] {
  const updates = rowsOf(rows);
  const view = { updates, mix: identityMix(rows.length) };
  const program = rule(view, { kept: new Map(), keep: () => {}, seed: "seed", ...context });
  return Array.from(runProgram(program, inlineTiles) as Float64Array);
}
