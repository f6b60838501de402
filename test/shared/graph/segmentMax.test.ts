import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { gradients } from "../../../shared/graph/gradients/gradients.ts";
import { input, literal, mul, reduceSum, segmentMax } from "../../../shared/graph/ops.ts";
import { checkGradient } from "../../support/gradientCheck.ts";

/** Runs the op twice: by its lowering and by its plain loops. */
function bothWays(values: readonly number[], shape: readonly number[], ids: readonly number[], rows: number) {
  const x = input("x", shape);
  const y = segmentMax(x, literal(ids, [ids.length], "i32"), rows);
  const lowered = createGraph({ inputs: [x], outputs: [y] });
  return [lowered, { inputs: [x], outputs: [y], updates: [] }].map(
    (graph) => runReference(graph, { x: values }).outputs[0],
  );
}

describe("segmentMax", () => {
  it("takes the largest of each segment, 0 for an empty one, and leaves out what lies outside", () => {
    // Segment 0 holds (-3, 5), (-1, 2); segment 2 holds (-7, -7); segment 1 none; the last item has no row.
    const [lowered, direct] = bothWays([-3, 5, -1, 2, -7, -7, 9, 9], [4, 2], [0, 0, 2, 3], 3);
    expect(lowered).toEqual(Float32Array.of(-1, 5, 0, 0, -7, -7));
    expect(direct).toEqual(lowered);
  });

  it("agrees with its plain loops for segments of every length from 0 to 20, in any order", () => {
    const rng = createRng("segments");
    const ids = Array.from({ length: 21 }, (_, length) => Array<number>(length).fill((length * 8) % 21)).flat();
    const values = ids.flatMap(() => [rng.nextFloat() - 0.5, rng.nextFloat() - 0.5, rng.nextFloat() - 2]);
    const [lowered, direct] = bothWays(values, [ids.length, 3], ids, 21);
    expect(lowered).toEqual(direct);
    expect(lowered!.filter((value) => value !== 0)).toHaveLength(20 * 3); // only segment 0, of no item, is empty
  });

  it("takes one item", () => {
    const [lowered, direct] = bothWays([-2], [1], [1], 2);
    expect(lowered).toEqual(Float32Array.of(0, -2));
    expect(direct).toEqual(lowered);
  });

  it("has the gradient of finite differences", () => {
    const ids = literal([0, 0, 0, 2, 2, 1], [6], "i32");
    checkGradient({ shapes: [[6, 2]], apply: (x) => segmentMax(x!, ids, 4) });
  });

  it("shares the gradient of equal maxima, and gives none to an item without a row", () => {
    const x = input("x", [5]);
    const loss = reduceSum(mul(segmentMax(x, literal([0, 0, 0, 1, 9], [5], "i32"), 2), literal([6, 7], [2])));
    const graph = createGraph({ inputs: [x], outputs: gradients(loss, [x]) });
    expect(runReference(graph, { x: [4, 4, 1, -1, 3] }).outputs[0]).toEqual(Float32Array.of(3, 3, 0, 7, 0));
  });

  it("refuses segments that do not fit the items", () => {
    expect(() => segmentMax(input("x", [3, 2]), input("ids", [4], "i32"), 2)).toThrow(
      "segmentMax expected x [items, ...item] and segments [items], got [3, 2] and [4]",
    );
    expect(() => segmentMax(input("x", [3]), input("ids", [3]), 2)).toThrow("segmentMax expected i32");
  });
});
