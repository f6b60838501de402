import type { Layer } from "./layer.ts";
import type { LayerDocument } from "./layerKind.ts";

/** The documents of layers within a layer, which are part of its own; `undefined` if one has none. */
export function composeDocuments(layers: readonly Layer[]): readonly LayerDocument[] | undefined {
  const documents = layers.flatMap(({ document }) => document ?? []);
  return documents.length === layers.length ? documents : undefined;
}
