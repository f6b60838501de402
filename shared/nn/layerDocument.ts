import * as v from "valibot";
import { attentionKinds } from "./kinds/attentionKinds.ts";
import { convolutionKinds } from "./kinds/convolutionKinds.ts";
import { denseKinds } from "./kinds/denseKinds.ts";
import { graphKinds } from "./kinds/graphKinds.ts";
import { latentKinds } from "./kinds/latentKinds.ts";
import { normalisationKinds } from "./kinds/normalisationKinds.ts";
import { recurrentKinds } from "./kinds/recurrentKinds.ts";
import { spikingKinds } from "./kinds/spikingKinds.ts";
import { structureKinds } from "./kinds/structureKinds.ts";
import type { LayerDocument } from "./layer.ts";
import type { LayerKind } from "./layerKind.ts";

/** A layer within a layer: looked up when it is met, because the kinds are listed further down. */
const nestedSchema: v.GenericSchema<unknown, LayerDocument> = v.lazy(() => layerDocumentSchema);

/** Every kind of layer that a model document may hold. */
export const layerKinds: readonly LayerKind[] = [
  ...denseKinds,
  ...[
    convolutionKinds,
    normalisationKinds,
    recurrentKinds,
    attentionKinds,
    spikingKinds,
    graphKinds,
    latentKinds,
    structureKinds,
  ].flatMap((kinds) => kinds(nestedSchema)),
];

const byName: ReadonlyMap<unknown, LayerKind> = new Map(
  layerKinds.map((kind) => [kind.schema.entries.kind.literal, kind]),
);

/** The kind of that name; `undefined` for what is none. */
export function layerKindNamed(name: unknown): LayerKind | undefined {
  return byName.get(name);
}

/** A layer as data: one of the kinds. */
export const layerDocumentSchema = v.variant(
  "kind",
  layerKinds.map(({ schema }) => schema),
) as unknown as v.GenericSchema<unknown, LayerDocument>;
