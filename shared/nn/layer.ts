import type { JsonValue } from "../base/canonicalJson.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "./applyContext.ts";
import type { Initializer } from "./initializer.ts";

/** A layer as data: its kind and the options of that kind, plain JSON. */
export interface LayerDocument {
  readonly kind: string;
  readonly [option: string]: JsonValue | undefined;
}

/**
 * A layer as a value: `init` says how its arrays begin, `apply` traces what it computes.
 * Inputs and outputs have the batch as their first axis.
 */
export interface Layer<Name extends string = string> {
  /** For people and errors: "linear(784, 200)". */
  readonly name: string;
  /** The layer as data; a layer without one cannot be part of a model document. */
  readonly document?: LayerDocument;
  readonly init: Readonly<Record<Name, Initializer>>;
  /** @throws RangeError if the shape of x does not fit. */
  apply(params: Readonly<Record<Name, Tensor>>, x: Tensor, ctx: ApplyContext): Tensor;
}
