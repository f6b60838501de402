import type { Tensor } from "../graph/tensor.ts";
import type { ApplyContext } from "./applyContext.ts";
import type { Initializer } from "./initializer.ts";
import type { Layer, LayerDocument } from "./layer.ts";

type Params = Readonly<Record<string, Tensor>>;
type Init = Readonly<Record<string, Initializer>>;

// A layer that holds layers flattens their arrays into its own `init` with dotted paths, and hands each its slice back.

/** The arrays of layers that run one after the other: `<prefix>.<index>.<array>`. */
export function composeInit(layers: readonly Layer[], prefix: string): Init {
  return Object.assign({}, ...layers.map((layer, i) => nestInit(layer, `${prefix}.${i}`)));
}

/**
 * Traces the layers one after the other, from the one at `first`, each with its arrays of `composeInit(layers, prefix)`.
 * @throws RangeError that names the layer by its path.
 */
export function applyLayers(
  layers: readonly Layer[],
  prefix: string,
  params: Params,
  x: Tensor,
  ctx: ApplyContext,
  first = 0,
): Tensor {
  return layers
    .slice(first)
    .reduce((value, layer, i) => applyNested(layer, `${prefix}.${first + i}`, params, value, ctx), x);
}

/** The arrays of one inner layer: `<path>.<array>`. */
export function nestInit(layer: Layer, path: string): Init {
  return Object.fromEntries(Object.entries(layer.init).map(([array, begins]) => [`${path}.${array}`, begins]));
}

/**
 * Traces one inner layer with its arrays of `nestInit(layer, path)`.
 * @throws RangeError that names the layer by its path.
 */
export function applyNested(layer: Layer, path: string, params: Params, x: Tensor, ctx: ApplyContext): Tensor {
  const own = Object.fromEntries(Object.keys(layer.init).map((array) => [array, params[`${path}.${array}`]!]));
  try {
    return layer.apply(own, x, ctx);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new RangeError(`${path} ${layer.name}: ${error.message}`, { cause: error });
  }
}

/** The documents of layers, for the document of what holds them; `undefined` if one has none. */
export function composeDocuments(layers: readonly Layer[]): LayerDocument[] | undefined {
  const documents = layers.flatMap(({ document }) => (document ? [document] : []));
  return documents.length === layers.length ? documents : undefined;
}
