import * as v from "valibot";
import type { Layer } from "../layer.ts";
import { type LayerKind, layerKind } from "../layerKind.ts";
import { gru } from "../layers/recurrent/gru.ts";
import { lstm } from "../layers/recurrent/lstm.ts";
import type { RecurrentOptions } from "../layers/recurrent/recurrentLayer.ts";
import { simpleRnn } from "../layers/recurrent/simpleRnn.ts";
import { lastOverTime } from "../layers/sequence/lastOverTime.ts";
import { sizeSchema } from "./bounds.ts";

const sizes = { inFeatures: sizeSchema, units: sizeSchema };
const options = {
  /** "sequence" when absent. */
  output: v.exactOptional(v.picklist(["sequence", "last"])),
  /** "forward" when absent. */
  direction: v.exactOptional(v.picklist(["forward", "backward", "both"])),
  /** Layers one on the other, 1 .. 64; 1 when absent. */
  layers: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64))),
};

/** Recurrent layers over sequences [batch, time, features], and the last step of one (the mean is globalAveragePool). */
export function recurrentKinds(): readonly LayerKind[] {
  const cell = <const Kind extends string>(
    kind: Kind,
    build: (inFeatures: number, units: number, options: RecurrentOptions) => Layer,
  ): LayerKind =>
    layerKind(
      v.strictObject({ kind: v.literal(kind), ...sizes, ...options }),
      ({ kind: _, inFeatures, units, ...given }) => build(inFeatures, units, given),
    );
  return [
    cell("simpleRnn", simpleRnn),
    cell("lstm", lstm),
    cell("gru", gru),
    layerKind(v.strictObject({ kind: v.literal("lastOverTime") }), lastOverTime),
  ];
}
