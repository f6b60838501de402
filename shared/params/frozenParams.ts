import { sameShape, shapeText } from "../graph/shape.ts";
import { assertNumParams } from "./assertNumParams.ts";
import type { ParamsSpec } from "./paramsSpec.ts";
import type { NamedArray } from "./parseSafetensors.ts";

/** Elements of the frozen entries: what a client must be given, because it never travels. 0 where there are none. */
export function frozenLength({ entries }: ParamsSpec): number {
  return entries.reduce((sum, { kind, length }) => (kind === "frozen" ? sum + length : sum), 0);
}

/**
 * The params with every frozen entry taken from a checkpoint (the base of an adapter) by its name, [spec.length]; a copy.
 * @throws RangeError unless the checkpoint holds exactly the frozen arrays, in their shapes.
 */
export function withFrozen(
  { entries, length }: ParamsSpec,
  params: Float32Array,
  base: ReadonlyMap<string, NamedArray>,
): Float32Array {
  assertNumParams("params", params, length);
  const frozen = entries.filter(({ kind }) => kind === "frozen");
  const names = new Set(frozen.map(({ name }) => name));
  for (const name of base.keys()) {
    if (!names.has(name)) {
      throw new RangeError(`base expected the frozen arrays of this model, got ${JSON.stringify(name.slice(0, 100))}`);
    }
  }
  const filled = params.slice();
  for (const { name, shape, offset } of frozen) {
    const array = base.get(name);
    if (!array || !sameShape(array.shape, shape)) {
      throw new RangeError(
        `base expected "${name}" ${shapeText(shape)}, got ${array ? shapeText(array.shape) : "none"}`,
      );
    }
    filled.set(array.values, offset);
  }
  return filled;
}
