import * as v from "valibot";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { conv1d } from "../layers/convolution/conv1d.ts";
import { conv2d } from "../layers/convolution/conv2d.ts";
import { depthwiseConv2d } from "../layers/convolution/depthwiseConv2d.ts";
import { separableConv2d } from "../layers/convolution/separableConv2d.ts";
import { averagePool2d } from "../layers/pooling/averagePool2d.ts";
import { globalAveragePool, globalMaxPool } from "../layers/pooling/globalPool.ts";
import { maxPool2d } from "../layers/pooling/maxPool2d.ts";
import { averagePool1d, maxPool1d } from "../layers/pooling/pool1d.ts";
import { extentSchema, sizeSchema } from "./bounds.ts";
import { weightInitSchema } from "./weightInitSchema.ts";

/** One size for both directions, or [vertical, horizontal]. */
const pairSchema = v.union([extentSchema, v.tuple([extentSchema, extentSchema])]);
const sideSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1024));

/** "valid" when absent; a number for every side, or [top, bottom, left, right]. */
const paddingSchema = v.exactOptional(
  v.union([v.picklist(["same", "valid"]), sideSchema, v.tuple([sideSchema, sideSchema, sideSchema, sideSchema])]),
);
const sidesAlongTime = [sideSchema, v.tuple([sideSchema, sideSchema])] as const;

const filterOptions = {
  /** Whether b is added; true when absent. */
  bias: v.exactOptional(v.boolean()),
  /** How w begins; "heUniform" when absent. */
  init: v.exactOptional(weightInitSchema),
};
const windowsOfImage = {
  strides: v.exactOptional(pairSchema),
  padding: paddingSchema,
};
const depthwiseOptions = {
  ...windowsOfImage,
  dilations: v.exactOptional(pairSchema),
  /** Filters a channel; 1 when absent. */
  multiplier: v.exactOptional(extentSchema),
  ...filterOptions,
};
const poolAlongTime = {
  kernel: extentSchema,
  /** The kernel when absent. */
  stride: v.exactOptional(extentSchema),
  padding: v.exactOptional(v.union([v.picklist(["same", "valid"]), ...sidesAlongTime])),
};
/** Whether the padding counts as zeros of a mean; false when absent. */
const countPadding = v.exactOptional(v.boolean());

/** 1 when absent; up to 64, or as many as the channels. */
const groupsSchema = v.exactOptional(sizeSchema);

/** Convolutions and pooling over images [batch, height, width, channels] and sequences [batch, time, channels]. */
export function convolutionKinds(): readonly LayerKind[] {
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("conv2d"),
        inChannels: sizeSchema,
        outChannels: sizeSchema,
        kernel: pairSchema,
        ...windowsOfImage,
        dilations: v.exactOptional(pairSchema),
        groups: groupsSchema,
        ...filterOptions,
      }),
      ({ kind: _, inChannels, outChannels, kernel, ...options }) => conv2d(inChannels, outChannels, kernel, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("conv1d"),
        inChannels: sizeSchema,
        outChannels: sizeSchema,
        kernel: extentSchema,
        stride: v.exactOptional(extentSchema),
        /** "valid" when absent; "causal" pads before only. */
        padding: v.exactOptional(v.union([v.picklist(["same", "valid", "causal"]), ...sidesAlongTime])),
        dilation: v.exactOptional(extentSchema),
        groups: groupsSchema,
        ...filterOptions,
      }),
      ({ kind: _, inChannels, outChannels, kernel, ...options }) => conv1d(inChannels, outChannels, kernel, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("depthwiseConv2d"),
        channels: sizeSchema,
        kernel: pairSchema,
        ...depthwiseOptions,
      }),
      ({ kind: _, channels, kernel, ...options }) => depthwiseConv2d(channels, kernel, options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("separableConv2d"),
        inChannels: sizeSchema,
        outChannels: sizeSchema,
        kernel: pairSchema,
        ...depthwiseOptions,
      }),
      ({ kind: _, inChannels, outChannels, kernel, ...options }) =>
        separableConv2d(inChannels, outChannels, kernel, options),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("maxPool2d"), kernel: pairSchema, ...windowsOfImage }),
      ({ kind: _, kernel, ...options }) => maxPool2d(kernel, options),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("averagePool2d"), kernel: pairSchema, ...windowsOfImage, countPadding }),
      ({ kind: _, kernel, ...options }) => averagePool2d(kernel, options),
    ),
    layerKind(v.strictObject({ kind: v.literal("maxPool1d"), ...poolAlongTime }), ({ kind: _, kernel, ...options }) =>
      maxPool1d(kernel, options),
    ),
    layerKind(
      v.strictObject({ kind: v.literal("averagePool1d"), ...poolAlongTime, countPadding }),
      ({ kind: _, kernel, ...options }) => averagePool1d(kernel, options),
    ),
    layerKind(v.strictObject({ kind: v.literal("globalAveragePool") }), globalAveragePool),
    layerKind(v.strictObject({ kind: v.literal("globalMaxPool") }), globalMaxPool),
  ];
}
