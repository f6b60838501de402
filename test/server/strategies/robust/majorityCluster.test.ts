import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { majorityCluster } from "../../../../server/strategies/robust/rules/majorityCluster.ts";

/** Distances between points on a line. */
const line = (...points: readonly number[]): number[][] => points.map((a) => points.map((b) => Math.abs(a - b)));

describe("majorityCluster", () => {
  it("finds the majority and leaves a far minority out", () => {
    expect(majorityCluster(line(0, 10, 0.1, 10.1, 0.2))).toEqual([0, 2, 4]);
  });

  it("is as tight as a majority allows: those who join later are outliers", () => {
    // 4 of 7 are within gaps of 0.1; the fifth is a gap of 0.2 away.
    expect(majorityCluster(line(0, 0.1, 0.2, 0.3, 0.5, 4, 9))).toEqual([0, 1, 2, 3]);
  });

  it("takes all that join at the same distance, whichever comes first", () => {
    expect(majorityCluster(line(0, 1, 2, 3, 4))).toEqual([0, 1, 2, 3, 4]);
    expect(majorityCluster(line(0, 1, 2, 3, 100, 101, 200))).toEqual([0, 1, 2, 3]);
  });

  it("chains: a majority need not lie in a ball", () => {
    expect(majorityCluster(line(0, 1, 2, 3, 4, 20, 20.5, 22))).toEqual([0, 1, 2, 3, 4]);
  });

  it("needs more than half: of two halves neither will do alone", () => {
    expect(majorityCluster(line(0, 0.1, 10, 10.1))).toEqual([0, 1, 2, 3]);
  });

  it("takes equal points together, and a single one by itself", () => {
    expect(majorityCluster(line(1, 1, 1, 5))).toEqual([0, 1, 2]);
    expect(majorityCluster(line(3))).toEqual([0]);
  });

  it("follows the points when they are numbered otherwise", () => {
    const permuted = fc
      .array(fc.nat({ max: 40 }), { minLength: 3, maxLength: 12 })
      .chain((points) =>
        fc.tuple(fc.constant(points), fc.shuffledSubarray([...points.keys()], { minLength: points.length })),
      );
    fc.assert(
      fc.property(permuted, ([points, order]) => {
        const pick = (indices: readonly number[]) => indices.map((i) => order[i]!).sort((a, b) => a - b);
        expect(pick(majorityCluster(line(...order.map((i) => points[i]!))))).toEqual(majorityCluster(line(...points)));
      }),
    );
  });
});
