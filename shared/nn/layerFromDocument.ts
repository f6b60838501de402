import type { Layer } from "./layer.ts";
import { layerKinds } from "./layerDocument.ts";
import type { LayerDocument } from "./layerKind.ts";

/** The layer that a checked document describes. @throws TypeError for a kind that is none. */
export function layerFromDocument(document: LayerDocument): Layer {
  const known = layerKinds.find(({ schema }) => schema.entries.kind.literal === document.kind);
  if (!known) throw new TypeError(`layer expected a known kind, got ${JSON.stringify(document.kind)}`);
  return known.build(document as never, layerFromDocument);
}
