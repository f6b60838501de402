import { expect, it } from "vitest";
import { worstTenth } from "../../../shared/train/worstTenth.ts";

it("is a tenth of the values, rounded up, from the worst on", () => {
  const values = (length: number) => Array.from({ length }, (_, i) => (7 * i) % length);
  const numWorst = [1, 9, 10, 11, 19, 20].map((length) => worstTenth(values(length), (a, b) => a - b).length);
  expect(numWorst).toEqual([1, 1, 1, 2, 2, 2]);
  expect(worstTenth(values(19), (a, b) => a - b)).toEqual([0, 1]);
  expect(worstTenth(values(19), (a, b) => b - a)).toEqual([18, 17]);
  expect(worstTenth([], (a, b) => a - b)).toEqual([]);
});
