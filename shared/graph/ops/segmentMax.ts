import { defineOp } from "../defineOp.ts";
import { assertDType, numElements, sameShape, shapeText } from "../shape.ts";
import type { OpDefinition, Tensor } from "../tensor.ts";
import { div, equal, maximum, toFloat, where } from "./elementwise.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { constant } from "./leaves.ts";
import { pad, reshape, slice } from "./shaping.ts";

/**
 * No table holds so many rows, so it is no segment's number; and it is exact in f32, in which segments are compared.
 */
const NO_SEGMENT = -(2 ** 24);

const definition: OpDefinition = {
  name: "segmentMax",
  shape([x, segments], { rows }) {
    assertDType("segmentMax", "f32", x!);
    assertDType("segmentMax", "i32", segments!);
    if (segments!.shape.length !== 1 || !sameShape(x!.shape.slice(0, 1), segments!.shape)) {
      throw new RangeError(
        `segmentMax expected x [items, ...item] and segments [items], got ${shapeText(x!.shape)} and ${shapeText(segments!.shape)}`,
      );
    }
    return [rows as number, ...x!.shape.slice(1)];
  },
  lower([x, segments], { rows }) {
    const [items, ...item] = x!.shape as [number, ...number[]];
    const ids = reshape(toFloat(segments!), [items, 1]);
    // After the pass with distance d each row holds the largest of the 2d rows up to it that share its segment: a prefix
    // maximum in log2(items) passes over the whole, which a machine runs at the speed of its memory.
    let best = reshape(x!, [items, numElements(item)]);
    for (let distance = 1; distance < items; distance *= 2) {
      const earlier = pad(slice(best, 0, 0, items - distance), 0, distance, 0);
      const isSame = equal(ids, pad(slice(ids, 0, 0, items - distance), 0, distance, 0, { value: NO_SEGMENT }));
      best = where(isSame, maximum(best, earlier), best);
    }
    if (items > 1) {
      const next = pad(slice(ids, 0, 1, items - 1), 0, 0, 1, { value: NO_SEGMENT });
      best = where(equal(ids, next), constant(0), best);
    }
    return reshape(scatterAdd(best, segments!, rows as number), [rows as number, ...item]);
  },
  vjp(y, dy) {
    const [x, segments] = y.inputs as [Tensor, Tensor];
    const isLargest = equal(x, gather(y, segments));
    const shares = scatterAdd(isLargest, segments, y.shape[0]!);
    // The maximum keeps 0 / 0 out of rows that no item names; `where`, and not a product, keeps out the NaN that gather
    // gives an item without a row.
    const share = gather(div(dy, maximum(shares, constant(1))), segments);
    return [where(isLargest, share, constant(0)), undefined];
  },
  reference({ shape }, [x, segments]) {
    const [rows, ...item] = shape as [number, ...number[]];
    const width = numElements(item);
    const y = new Float32Array(rows * width);
    const seen = new Set<number>();
    for (let i = 0; i < segments!.length; i++) {
      const row = segments![i]!;
      if (row < 0 || row >= rows) continue;
      for (let k = 0; k < width; k++) {
        const value = x![i * width + k]!;
        y[row * width + k] = seen.has(row) ? Math.max(y[row * width + k]!, value) : value;
      }
      seen.add(row);
    }
    return y;
  },
};

const build = defineOp(definition);

/**
 * Largest of the rows of x that belong to each segment, element by element; rows that no item names are 0, and items whose
 * segment lies outside 0 .. rows - 1 are left out. Equal maxima share the gradient evenly.
 * The items of a segment must follow each other: a segment in several runs gives the sum of their maxima.
 * Shapes: x [items, ...item], segments i32 [items] -> [rows, ...item]. Cost: log2(items) passes over x.
 * Source of the passes: Hillis and Steele 1986, "Data parallel algorithms".
 * @throws RangeError unless there is one segment an item.
 */
export function segmentMax(x: Tensor, segments: Tensor, rows: number): Tensor {
  return build([x, segments], { rows });
}
