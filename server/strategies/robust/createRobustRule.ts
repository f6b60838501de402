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
import type { Kept, Rule, RuleContext } from "./rules/rule.ts";
import type { TileRunner } from "./tileCall.ts";
import type { UpdateRows } from "./updateRows.ts";

export interface RobustContext extends Omit<RuleContext, "keep"> {
  /** Where the passes over the coordinates run. */
  readonly tiles: TileRunner;
}

export interface RobustAggregate {
  /** [numParams], a new array. */
  readonly delta: Float64Array;
  /** For the next round. */
  readonly kept: Kept;
}

/** A robust aggregation rule with its pre-steps. Every update counts alike. */
export interface RobustRule {
  /** What of the context the rule reads, so that nobody prepares the rest. */
  readonly needs: { readonly root?: true; readonly seed?: true };
  /** @throws RangeError with the reason if the rule is not defined for so many updates. */
  assertPossible(numUpdates: number): void;
  /**
   * A promise only if the tiles make one. The same rows and context give the same bits on every machine. Memory beside the
   * rows: a few vectors of the params, and n² distances for some, twice for Bulyan.
   * @throws RangeError (or rejects) if the rule is not possible, an update holds NaN or infinity, or the result would.
   */
  aggregate(rows: UpdateRows, context: RobustContext): RobustAggregate | Promise<RobustAggregate>;
}

/** The rule that a plan names. @throws RangeError or TypeError if numParams is not a whole number >= 1. */
export function createRobustRule(plan: RobustPlan, { numParams }: { readonly numParams: number }): RobustRule {
  assertPositiveInteger("numParams", numParams);
  const rule = ruleOf(plan);
  const preSteps = (plan.before ?? []).map((step, i) => preStepOf(step, `before${i}`));
  const needs = needsOf(plan);

  function* program(updates: UpdateRows, context: RobustContext): Program<RobustAggregate> {
    const kept = new Map<string, Float64Array>();
    // Of its own: not in memory that threads share.
    const keep = (name: string, values: Float64Array): void => void kept.set(name, values.slice());
    let mix = identityMix(updates.clientIds.length);
    for (const step of preSteps) mix = yield* step({ updates, mix }, { ...context, keep });
    const values = yield* rule({ updates, mix }, { ...context, keep });
    if (!values.every(Number.isFinite)) throw new RangeError(`${plan.kind} expected finite updates, its result is not`);
    return { delta: values.slice(), kept };
  }

  function assertContext(rows: UpdateRows, { rootDelta }: RobustContext): void {
    assertLength("rows", rows.numParams, numParams);
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
      return thenMean(preStepOf(plan, "rule"));
    case "fltrust":
      return fltrust;
    case "flame":
      return flame(plan.noiseMultiplier);
    default:
      return assertNever(plan);
  }
}

/** @param place tells apart what equal steps keep. */
function preStepOf(step: PreStepPlan | Extract<RobustPlan, { kind: PreStepPlan["kind"] }>, place: string): PreStep {
  switch (step.kind) {
    case "norm-bound":
      return boundNorms(step.bound, `${place}Bound`);
    case "arc":
      return adaptiveRobustClipping(step.byzantine);
    case "nnm":
      return nearestNeighbourMixing(step.byzantine);
    default:
      return assertNever(step);
  }
}

function thenMean(step: PreStep): Rule {
  return function* (view, context) {
    return yield* meanOfRows({ ...view, mix: yield* step(view, context) });
  };
}

function needsOf(plan: RobustPlan): RobustRule["needs"] {
  if (plan.kind === "fltrust") return { root: true };
  return plan.kind === "flame" && plan.noiseMultiplier > 0 ? { seed: true } : {};
}

function assertLength(label: string, length: number, numParams: number): void {
  if (length !== numParams) throw new RangeError(`"${label}" expected ${numParams} params, got ${length}`);
}
