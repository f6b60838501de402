import * as v from "valibot";
import { add, constant, mul, pow, sqrt, sub } from "../graph/ops.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Scalars } from "./optimizer.ts";
import { decaySchema, epsilonSchema, learningRateSchema, weightDecaySchema } from "./planBounds.ts";

/** The members that the plans of the Adam family share. */
export const momentsPlanEntries = {
  learningRate: learningRateSchema,
  /** 0.9 when absent. */
  beta1: v.exactOptional(decaySchema),
  /** 0.999 when absent. */
  beta2: v.exactOptional(decaySchema),
  epsilon: v.exactOptional(epsilonSchema),
  weightDecay: v.exactOptional(weightDecaySchema),
};

/** The scalars of a step t = 1, 2, ... that correct the bias of moments which began at zero. */
export function biasCorrection(hyper: Scalars, step: Tensor): Scalars {
  const one = constant(1);
  const t = add(step, one);
  return {
    ...hyper,
    rest1: sub(one, hyper.beta1!),
    rest2: sub(one, hyper.beta2!),
    /** 1 - beta1ᵗ */
    correction1: sub(one, pow(hyper.beta1!, t)),
    /** √(1 - beta2ᵗ) */
    rootCorrection2: sqrt(sub(one, pow(hyper.beta2!, t))),
  };
}

/** beta1 · m + (1 - beta1) · g */
export function firstMoment(before: Tensor, g: Tensor, { beta1, rest1 }: Scalars): Tensor {
  return add(mul(beta1!, before), mul(rest1!, g));
}

/** beta2 · v + (1 - beta2) · g² */
export function secondMoment(before: Tensor, g: Tensor, { beta2, rest2 }: Scalars): Tensor {
  return add(mul(beta2!, before), mul(rest2!, mul(g, g)));
}
