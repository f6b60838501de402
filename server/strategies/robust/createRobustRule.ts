import { assertNever, assertPositiveInteger } from "../../../shared/base/assert.ts";
import type { PreStepPlan, RobustPlan } from "../../../shared/protocol/aggregationPlan.ts";
import { assertEnough } from "./assertEnough.ts";
import { adaptiveRobustClipping, boundNorms } from "./preSteps/boundNorms.ts";
import { nearestNeighbourMixing } from "./preSteps/nearestNeighbourMixing.ts";
import type { PreStep } from "./preSteps/preStep.ts";
import { type Program, runProgram } from "./program.ts";
import { identityMix } from "./rowMix.ts";
import { centredClipping } from "./rules/centredClipping.ts";
import { coordinateMedian, trimmedMean } from "./rules/coordinateWise.ts";
import { flame } from "./rules/flame.ts";
import { fltrust } from "./rules/fltrust.ts";
import { geometricMedian } from "./rules/geometricMedian.ts";
import { bulyan, krum, multiKrum } from "./rules/krum.ts";
import { meanOfRows } from "./rules/meanOfRows.ts";
import type { Rule, RuleContext } from "./rules/rule.ts";
import type { TileRunner } from "./tileCall.ts";
import type { UpdateRows } from "./updateRows.ts";

export interface RobustContext extends RuleContext {
  /** Where the passes over the coordinates run. */
  readonly tiles: TileRunner;
}

/** A robust aggregation rule with its pre-steps. Every update counts alike. */
export interface RobustRule {
  /** What of the context the rule reads, so that nobody prepares the rest. */
  readonly needs: { readonly root?: true; readonly previous?: true; readonly seed?: true };
  /** @throws RangeError with the reason if the rule is not defined for so many updates. */
  assertPossible(numUpdates: number): void;
  /**
   * The aggregated delta, [numParams], a new array; a promise only if the tiles make one. The same rows and context give
   * the same bits on every machine. Memory beside the rows: a few vectors of the params, and n² distances for some.
   * @throws RangeError (or rejects) if the rule is not possible, an update holds NaN or infinity, or the result would.
   */
  aggregate(rows: UpdateRows, context: RobustContext): Float64Array | Promise<Float64Array>;
}

/** The rule that a plan names. @throws RangeError or TypeError if numParams is not a whole number >= 1. */
export function createRobustRule(plan: RobustPlan, { numParams }: { readonly numParams: number }): RobustRule {
  assertPositiveInteger("numParams", numParams);
  const rule = ruleOf(plan);
  const preSteps = (plan.before ?? []).map(preStepOf);
  const needs = needsOf(plan);

  function* program(updates: UpdateRows, context: RuleContext): Program<Float64Array> {
    let mix = identityMix(updates.clientIds.length);
    for (const step of preSteps) mix = yield* step({ updates, mix });
    const values = yield* rule({ updates, mix }, context);
    if (!values.every(Number.isFinite)) throw new RangeError(`${plan.kind} expected finite updates, its result is not`);
    // Of its own: not of the previous aggregate, nor in memory that threads share.
    return values.slice();
  }

  function assertContext(rows: UpdateRows, { previous, rootDelta }: RuleContext): void {
    assertLength("rows", rows.numParams, numParams);
    if (needs.previous && previous) assertLength("previous", previous.length, numParams);
    if (needs.root) {
      if (!rootDelta) throw new TypeError(`${plan.kind} expected "rootDelta", the coordinator's own delta, got none`);
      assertLength("rootDelta", rootDelta.length, numParams);
    }
  }

  function assertPossible(numUpdates: number): void {
    for (const step of [...(plan.before ?? []), plan]) assertEnough(step, numUpdates);
  }

  return {
    needs,
    assertPossible,
    aggregate(rows, context) {
      assertPossible(rows.clientIds.length);
      assertContext(rows, context);
      return runProgram(program(rows, context), context.tiles);
    },
  };
}

function ruleOf(plan: RobustPlan): Rule {
  switch (plan.kind) {
    case "median":
      return coordinateMedian;
    case "trimmed-mean":
      return trimmedMean(plan.byzantine);
    case "krum":
      return krum(plan.byzantine);
    case "multi-krum":
      return multiKrum(plan.byzantine, plan.selected);
    case "bulyan":
      return bulyan(plan.byzantine);
    case "geometric-median":
      return geometricMedian(plan);
    case "centred-clipping":
      return centredClipping(plan);
    case "norm-bound":
    case "arc":
      return thenMean(preStepOf(plan));
    case "fltrust":
      return fltrust;
    case "flame":
      return flame(plan.noiseMultiplier);
    default:
      return assertNever(plan);
  }
}

function preStepOf(step: PreStepPlan | Extract<RobustPlan, { kind: PreStepPlan["kind"] }>): PreStep {
  switch (step.kind) {
    case "norm-bound":
      return boundNorms(step.bound);
    case "arc":
      return adaptiveRobustClipping(step.byzantine);
    case "nnm":
      return nearestNeighbourMixing(step.byzantine);
    default:
      return assertNever(step);
  }
}

function thenMean(step: PreStep): Rule {
  return function* (view) {
    return yield* meanOfRows({ ...view, mix: yield* step(view) });
  };
}

function needsOf(plan: RobustPlan): RobustRule["needs"] {
  if (plan.kind === "fltrust") return { root: true };
  if (plan.kind === "centred-clipping") return { previous: true };
  return plan.kind === "flame" && plan.noiseMultiplier > 0 ? { seed: true } : {};
}

function assertLength(label: string, length: number, numParams: number): void {
  if (length !== numParams) throw new RangeError(`"${label}" expected ${numParams} params, got ${length}`);
}
