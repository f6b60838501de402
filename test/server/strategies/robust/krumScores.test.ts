import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { krumChoices } from "../../../../server/strategies/robust/rules/krumScores.ts";
import { slowKrumChoices } from "../../../support/slowRobustRules.ts";

/** Symmetric distances between `count` rows, zeros on the diagonal. */
function matrixOf(count: number, distanceOf: (i: number, j: number) => number): Float64Array[] {
  const matrix = Array.from({ length: count }, () => new Float64Array(count));
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) matrix[i]![j] = matrix[j]![i] = distanceOf(i, j);
  return matrix;
}

const tenth = fc.nat({ max: 5 }).map((tenths) => tenths / 10);
const anyDistance = fc.double({ min: 0, max: 1e77, noNaN: true });

/** Rows and the hostile ones among them, of distances of one kind. */
const cases = (distance: fc.Arbitrary<number>) =>
  fc
    .record({ count: fc.integer({ min: 3, max: 24 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .chain(({ count, share }) =>
      fc.record({
        distances: fc
          .array(distance, { minLength: count * count, maxLength: count * count })
          .map((drawn) => matrixOf(count, (i, j) => drawn[i * count + j]!)),
        byzantine: fc.constant(Math.round((share * (count - 3)) / 4)),
      }),
    )
    .filter(({ distances, byzantine }) => 4 * byzantine + 3 <= distances.length);

describe("krumChoices", () => {
  // Sums of tenths round: scores that are equal on paper differ in their last bits, and others tie to the last bit.
  it.each([
    ["tenths, most of them equal", tenth],
    ["zeros and two values", fc.constantFrom(0, 0.1, 0.7)],
    ["any size", anyDistance],
    ["tenths and any size", fc.oneof({ weight: 9, arbitrary: tenth }, { weight: 1, arbitrary: anyDistance })],
  ])("chooses what the scores of the definition choose: %s", (_, distance) => {
    fc.assert(
      fc.property(cases(distance), ({ distances, byzantine }) => {
        const count = distances.length - 2 * byzantine;
        const rows = distances.map((row) => [...row]);
        expect(krumChoices(distances, byzantine, count)).toEqual(slowKrumChoices(rows, byzantine, count));
      }),
      { numRuns: 150 },
    );
  });

  it("goes on to the next nearest where one neighbour alone counts", () => {
    // 0, 1, 10 and 14 on a line, f = 1. 0 and 1 are 1 apart; without 0 the nearest to 1 is 81 away, to 10 and 14 it is 16.
    const points = [0, 1, 10, 14];
    const distances = matrixOf(4, (i, j) => (points[i]! - points[j]!) ** 2);
    expect(krumChoices(distances, 1, 2)).toEqual([0, 2]);
  });

  it.each([0, 0.1])("takes the earlier row of equal scores: all %d apart", (distance) => {
    const distances = matrixOf(12, () => distance);
    expect(krumChoices(distances, 2, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("chooses among as many rows as a round may have in a small part of the time that adding up all scores takes", () => {
    // Distances weight + weight: the lightest row that is left has the lowest score. All scores anew for each choice take 30 s.
    const count = 1000;
    const weightOf = (row: number): number => (row * 619) % count;
    const byWeight = Array.from({ length: count }, (_, row) => row).sort((a, b) => weightOf(a) - weightOf(b));
    const distances = matrixOf(count, (i, j) => weightOf(i) + weightOf(j));
    expect(krumChoices(distances, 10, count - 20)).toEqual(byWeight.slice(0, count - 20));
  }, 10_000);
});
