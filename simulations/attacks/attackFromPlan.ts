import * as v from "valibot";
import { assertNever } from "../../shared/base/assert.ts";
import { normalDraws } from "../../shared/nn/initializer.ts";
import { closedObject, numberIn, positiveNumber, unknownName } from "../experiment/fields.ts";
import { aLittleIsEnough } from "./aLittleIsEnough.ts";
import type { Attack } from "./attack.ts";
import { DIRECTIONS, hideAmongHonest } from "./hideAmongHonest.ts";
import { momentsOf } from "./moments.ts";

const direction = v.optional(v.picklist(DIRECTIONS, unknownName(DIRECTIONS)), "mean");

/** What hostile clients send, as data. */
export const attackPlanSchema = v.variant(
  "kind",
  [
    /** -scale · mean of the honest updates. */
    closedObject({ kind: v.literal("sign-flip"), scale: v.optional(positiveNumber(1e6), 1) }),
    /** Noise of that standard deviation in each coordinate, each client its own. */
    closedObject({ kind: v.literal("gaussian"), stdDev: positiveNumber(1e6) }),
    closedObject({ kind: v.literal("zero") }),
    /** Inner product manipulation: -tau · mean; a small one turns the mean little, a large one turns it round. */
    closedObject({ kind: v.literal("ipm"), tau: positiveNumber(1e6) }),
    closedObject({ kind: v.literal("alie"), z: v.exactOptional(numberIn(-100, 100)) }),
    closedObject({ kind: v.literal("min-max"), direction }),
    closedObject({ kind: v.literal("min-sum"), direction }),
    /** All repeat the first honest client. */
    closedObject({ kind: v.literal("mimic") }),
    /** The previous aggregate again, without any work; zeros before the first. */
    closedObject({ kind: v.literal("echo") }),
  ],
  unknownName(["sign-flip", "gaussian", "zero", "ipm", "alie", "min-max", "min-sum", "mimic", "echo"]),
);

export type AttackPlan = Readonly<v.InferOutput<typeof attackPlanSchema>>;

/**
 * The attack that a plan names. Sources: IPM: Xie et al. 2019, arXiv:1903.03936; mimic: Karimireddy et al. 2022,
 * arXiv:2006.09365 (which picks the client that it repeats).
 */
export function attackFromPlan(plan: AttackPlan): Attack {
  switch (plan.kind) {
    case "sign-flip":
      return timesMean(-plan.scale);
    case "ipm":
      return timesMean(-plan.tau);
    case "gaussian":
      return ({ honest, numHostile, rng }) =>
        Array.from({ length: numHostile }, () =>
          Float32Array.from(normalDraws(honest[0]!.length, rng), (draw) => plan.stdDev * draw),
        );
    case "zero":
      return (scene) => together(scene.numHostile, new Float32Array(scene.honest[0]!.length));
    case "mimic":
      return ({ honest, numHostile }) => together(numHostile, honest[0]!);
    case "echo":
      return ({ honest, numHostile, previous }) =>
        together(numHostile, previous ? Float32Array.from(previous) : new Float32Array(honest[0]!.length));
    case "alie":
      return aLittleIsEnough(plan.z);
    case "min-max":
    case "min-sum":
      return hideAmongHonest(plan.kind, plan.direction);
    default:
      return assertNever(plan);
  }
}

function timesMean(factor: number): Attack {
  return ({ honest, numHostile }) =>
    together(
      numHostile,
      Float32Array.from(momentsOf(honest).mean, (value) => factor * value),
    );
}

function together(numHostile: number, delta: Float32Array): readonly Float32Array[] {
  return new Array<Float32Array>(numHostile).fill(delta);
}
