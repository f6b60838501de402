import type * as v from "valibot";
import type { Layer, LayerDocument } from "./layer.ts";

/** The schema of one kind: a strict object with a literal `kind`, every number bounded. */
type KindSchema = v.StrictObjectSchema<{ readonly kind: v.LiteralSchema<string, undefined> }, undefined>;

/** One kind of layer that a model document may hold. */
export interface LayerKind {
  readonly schema: KindSchema;
  /** The layer that a checked document describes; `buildLayer` makes those within it. */
  build(document: never, buildLayer: BuildLayer): Layer;
}

export type BuildLayer = (document: LayerDocument) => Layer;

/** Ties a schema to the factory that takes what it accepts. */
export function layerKind<const S extends v.StrictObjectSchema<v.ObjectEntries, undefined>>(
  schema: S,
  build: (document: v.InferOutput<S>, buildLayer: BuildLayer) => Layer,
): LayerKind {
  return { schema: schema as unknown as KindSchema, build };
}
