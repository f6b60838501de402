import type { LayerDocument } from "../../nn/layer.ts";
import type { KerasLayer } from "./kerasLayer.ts";

/** A layer of ours in place of one of Keras's, or of a part of it. */
export interface ConvertedLayer {
  readonly document: LayerDocument;
  /** Its arrays, in our layout. */
  readonly arrays?: Readonly<Record<string, Float32Array>>;
}

/** What a layer becomes: none for one that only says a shape, two where an activation is part of it. */
export type ConvertLayer = (layer: KerasLayer) => readonly ConvertedLayer[];
