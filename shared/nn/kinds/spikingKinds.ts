import * as v from "valibot";
import { SURROGATE_KINDS } from "../../graph/ops.ts";
import type { LayerDocument } from "../layer.ts";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { SPIKE_ENCODINGS } from "../layers/spiking/encodeSpikes.ts";
import { leakyIntegrateAndFire, RESETS } from "../layers/spiking/leakyIntegrateAndFire.ts";
import { SPIKE_READOUTS, spiking } from "../layers/spiking/spiking.ts";
import { extentSchema, fractionSchema } from "./bounds.ts";

/** A threshold or slope: positive, and so far from 0 and infinity that its inverse is a number. */
const positiveSchema = v.pipe(v.number(), v.minValue(1e-6), v.maxValue(1e6));

/** Spiking neurons. Some hold layers of their own, which `layerSchema` checks. */
export function spikingKinds(layerSchema: v.GenericSchema<unknown, LayerDocument>): readonly LayerKind[] {
  return [
    layerKind(
      v.strictObject({
        kind: v.literal("leakyIntegrateAndFire"),
        /** Share of the potential that is left after a step. */
        decay: fractionSchema,
        /** 1 when absent. */
        threshold: v.exactOptional(positiveSchema),
        /** "subtract" when absent. */
        reset: v.exactOptional(v.picklist(RESETS)),
        /** "fastSigmoid" of slope 25 when absent. */
        surrogate: v.exactOptional(v.strictObject({ kind: v.picklist(SURROGATE_KINDS), slope: positiveSchema })),
      }),
      ({ kind: _, ...options }) => leakyIntegrateAndFire(options),
    ),
    layerKind(
      v.strictObject({
        kind: v.literal("spiking"),
        steps: extentSchema,
        /** "direct" when absent. */
        encoding: v.exactOptional(v.picklist(SPIKE_ENCODINGS)),
        /** "spikeCount" when absent. */
        readout: v.exactOptional(v.picklist(SPIKE_READOUTS)),
        /** Of the readout's potential; 0.9 when absent. */
        readoutDecay: v.exactOptional(fractionSchema),
        layers: v.pipe(v.array(layerSchema), v.minLength(1), v.maxLength(64)),
      }),
      ({ kind: _, layers, ...options }, buildLayer) => spiking({ ...options, layers: layers.map(buildLayer) }),
    ),
  ];
}
