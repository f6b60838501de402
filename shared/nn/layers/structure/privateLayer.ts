import type { Layer } from "../../layer.ts";

export interface PrivateOptions {
  /** The arrays that stay, each with those below its name ("norm1" for "norm1.scale"); all of the layer's when absent. */
  readonly arrays?: readonly string[];
}

/**
 * A layer as it is, whose arrays stay with each client: they train and do not travel. Frozen ones stay frozen. Its arrays keep
 * their names, so that a checkpoint of the bare layer fits.
 * @throws RangeError for a name that is no array of the layer, or a layer that has none.
 */
export function privateLayer(layer: Layer, { arrays }: PrivateOptions = {}): Layer {
  const names = Object.keys(layer.init);
  if (names.length === 0) throw new RangeError(`private expected a layer with params, got ${layer.name}`);
  const isBelow = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}.`);
  for (const wanted of arrays ?? []) {
    if (names.some((name) => isBelow(name, wanted))) continue;
    throw new RangeError(
      `"arrays" expected names among ${names.join(", ")} of ${layer.name}, got ${JSON.stringify(wanted)}`,
    );
  }
  const stays = (name: string): boolean => arrays === undefined || arrays.some((wanted) => isBelow(name, wanted));
  return {
    name: `private ${layer.name}`,
    ...(layer.document && { document: { kind: "private", layer: layer.document, ...(arrays && { arrays }) } }),
    init: Object.fromEntries(
      Object.entries(layer.init).map(([name, begins]) => [
        name,
        stays(name) ? { ...begins, scope: "private" } : begins,
      ]),
    ),
    apply: layer.apply,
  };
}
