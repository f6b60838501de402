import type { Shape } from "../../graph/tensor.ts";
import type { LayerDocument } from "../../nn/layer.ts";

/** A layer whose arrays PyTorch is to have. */
export interface LayerToMap {
  readonly document: LayerDocument;
  /** Of the layer, in both worlds: "layers.0". */
  readonly path: string;
  /** Shapes of the layer's own arrays by their names within it. */
  readonly arrays: ReadonlyMap<string, Shape>;
  /** For each feature in PyTorch's order its place in ours, where they differ: after an image was flattened. */
  readonly order?: ArrayLike<number> | undefined;
}
