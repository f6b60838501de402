import type { Layer, LayerDocument } from "./layer.ts";
import { layerKindNamed } from "./layerDocument.ts";

/** The layer that a checked document describes. @throws TypeError for a kind that is none. */
export function layerFromDocument(document: LayerDocument): Layer {
  const known = layerKindNamed(document.kind);
  if (!known) throw new TypeError(`layer expected a known kind, got ${JSON.stringify(document.kind)}`);
  return known.build(document as never, layerFromDocument);
}
