import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { batchOrder } from "../../../shared/data/batchOrder.ts";

describe("batchOrder", () => {
  it("visits every row once an epoch, in a fresh order", () => {
    const order = batchOrder(50, 3, createRng(7));
    const epochs = [0, 1, 2].map((epoch) => [...order.subarray(epoch * 50, (epoch + 1) * 50)]);
    const all = Array.from({ length: 50 }, (_, row) => row);
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(all);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
  });

  it("gives the same order for the same seed and another for another", () => {
    expect(batchOrder(20, 2, createRng(1))).toEqual(batchOrder(20, 2, createRng(1)));
    expect(batchOrder(20, 2, createRng(1))).not.toEqual(batchOrder(20, 2, createRng(2)));
  });

  it("refuses no epochs", () => {
    expect(() => batchOrder(5, 0, createRng(1))).toThrow(RangeError);
  });
});
