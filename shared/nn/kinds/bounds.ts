import * as v from "valibot";

/** Features, channels or units of one layer, 1 .. 2^24. */
export const sizeSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24));

/** A small count or extent: taps of a kernel, strides, heads; 1 .. 1024. */
export const extentSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024));

/** A share of something, 0 .. 1. */
export const fractionSchema = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A finite number of reasonable size: slopes, temperatures, thresholds. */
export const realSchema = v.pipe(v.number(), v.finite(), v.minValue(-1e6), v.maxValue(1e6));
