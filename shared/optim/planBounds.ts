import * as v from "valibot";

/** Above 0, at most 1000. */
export const learningRateSchema = v.pipe(v.number(), v.gtValue(0), v.maxValue(1000));

/** The share of the past that a running mean keeps, [0, 1). */
export const decaySchema = v.pipe(v.number(), v.minValue(0), v.ltValue(1));

/** What keeps a denominator away from 0, (0, 1]. */
export const epsilonSchema = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

/** [0, 1000]. */
export const weightDecaySchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1000));

/** A number of local steps, 1 .. 2^24: what f32 counts exactly. */
export const stepsSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24));
