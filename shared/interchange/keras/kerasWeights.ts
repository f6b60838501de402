import { findNotFinite } from "../../codec/finite.ts";
import { numElements, sameShape, shapeText } from "../../graph/shape.ts";
import type { Shape } from "../../graph/tensor.ts";
import { bytesToFloats } from "../../params/littleEndian.ts";
import type { KerasWeightSpec } from "./kerasFile.ts";

interface Weight {
  /** "layer/array" or "model/layer/array", with parts before the array for the cells of recurrent layers. */
  readonly name: string;
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** The weights of a Keras file, each taken once. */
export interface KerasWeights {
  /**
   * The array of a layer under one of the names that it has had, and, where given, within a part whose name begins so.
   * @throws RangeError if there is none, or it has another shape.
   */
  take(layer: string, names: readonly string[], shape: Shape, part?: string): Float32Array;
  /** @throws RangeError if a weight was not taken: a layer would be incomplete. */
  assertAllTaken(): void;
}

/** @throws RangeError unless the bytes are exactly the weights, all of them finite. */
export function readKerasWeights(specs: readonly KerasWeightSpec[], bytes: Uint8Array): KerasWeights {
  const total = specs.reduce((sum, { shape }) => sum + 4 * numElements(shape), 0);
  if (total !== bytes.length) {
    throw new RangeError(`keras weights expected ${total} bytes as the manifest says, got ${bytes.length}`);
  }
  let at = 0;
  const weights = new Set<Weight>();
  for (const { name, shape } of specs) {
    const values = bytesToFloats(bytes.subarray(at, at + 4 * numElements(shape)));
    at += 4 * values.length;
    const wrong = findNotFinite(values);
    if (wrong >= 0) throw new RangeError(`keras weight "${name}" expected finite values, got ${values[wrong]}`);
    weights.add({ name: name.replace(/:\d+$/, ""), shape, values });
  }
  return {
    take(layer, names, shape, part = "") {
      const found = [...weights].filter(({ name }) => {
        const parts = withinLayer(name, layer)?.split("/");
        return parts && names.includes(parts.at(-1)!) && (part === "" || parts.some((each) => each.startsWith(part)));
      });
      const [weight] = found;
      if (!weight || found.length > 1) {
        throw new RangeError(`keras weights expected one "${layer}/${part}${names[0]}", got ${found.length || "none"}`);
      }
      if (!sameShape(weight.shape, shape)) {
        throw new RangeError(
          `keras weight "${weight.name}" expected ${shapeText(shape)}, got ${shapeText(weight.shape)}`,
        );
      }
      weights.delete(weight);
      return weight.values;
    },
    assertAllTaken() {
      for (const { name } of weights) {
        throw new RangeError(`keras weights expected arrays of the model's layers, got "${name}"`);
      }
    },
  };
}

/** What follows the layer in the name of a weight, where the name of the model may come first. */
function withinLayer(name: string, layer: string): string | undefined {
  const prefix = `${layer}/`;
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  const rest = name.slice(name.indexOf("/") + 1);
  return rest.startsWith(prefix) ? rest.slice(prefix.length) : undefined;
}
