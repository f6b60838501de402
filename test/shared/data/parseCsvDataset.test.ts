import { describe, expect, it } from "vitest";
import { DataFormatError } from "../../../shared/data/dataFormatError.ts";
import { parseCsvDataset } from "../../../shared/data/parseCsvDataset.ts";

describe("parseCsvDataset", () => {
  it("takes every column but the label as a number, in file order", () => {
    const { dataset, columns, classNames, skipped } = parseCsvDataset("a,y,b\n1,0,2.5\n-3e1,2,4\n", { label: "y" });
    expect(columns).toEqual(["a", "b"]);
    expect([...dataset.inputs]).toEqual([1, 2.5, -30, 4]);
    expect([...dataset.targets]).toEqual([0, 2]);
    expect(classNames).toEqual(["0", "1", "2"]);
    expect(dataset).toMatchObject({ numExamples: 2, inputShape: [2], targetSize: 1 });
    expect(skipped).toEqual([]);
  });

  it("numbers named classes by their sorted names", () => {
    const { dataset, classNames } = parseCsvDataset("x,kind\n1,rose\n2,iris\n3,rose\n", { label: "kind" });
    expect(classNames).toEqual(["iris", "rose"]);
    expect([...dataset.targets]).toEqual([1, 0, 1]);
  });

  it("reads 3.0 as class 3, as spreadsheets write it", () => {
    expect([...parseCsvDataset("x,y\n1,3.0\n2,1\n", { label: "y" }).dataset.targets]).toEqual([3, 1]);
  });

  it("skips rows that it cannot use and says why", () => {
    const text = "a,b,y\n1,2,0\n1,,0\n1,x,0\n1,2\nInfinity,2,1\n\n5,6,1\n";
    const { dataset, skipped, numSkipped } = parseCsvDataset(text, { label: "y" });
    expect([...dataset.inputs]).toEqual([1, 2, 5, 6]);
    expect(numSkipped).toBe(4);
    expect(skipped).toEqual([
      { row: 2, reason: '"b" is empty' },
      { row: 3, reason: '"b" expected a number, got "x"' },
      { row: 4, reason: "expected 3 cells, got 2" },
      { row: 5, reason: '"a" expected a number, got "Infinity"' },
    ]);
  });

  it("holds rows to the classes of the run when they are given", () => {
    const { dataset, skipped } = parseCsvDataset("x,y\n1,cat\n2,cow\n3,dog\n", {
      label: "y",
      classNames: ["dog", "cat"],
    });
    expect([...dataset.targets]).toEqual([1, 0]);
    expect(skipped).toEqual([{ row: 2, reason: '"y" expected one of "dog", "cat", got "cow"' }]);
  });

  it("reads quoted cells, a byte order mark and Windows line ends", () => {
    const { dataset, columns } = parseCsvDataset('\uFEFF"a, b",y\r\n"1",0\r\n', { label: "y" });
    expect(columns).toEqual(["a, b"]);
    expect([...dataset.inputs]).toEqual([1]);
  });

  it.each([
    ["an empty file", "", "header line"],
    ["a label column that is not there", "a,b\n1,2\n", '"a", "b"'],
    ["nothing but the label", "y\n1\n", "beside the label"],
    ["no usable row", "a,y\n?,1\n", "row 1"],
  ])("refuses %s", (_, text, message) => {
    expect(() => parseCsvDataset(text, { label: "y" })).toThrow(DataFormatError);
    expect(() => parseCsvDataset(text, { label: "y" })).toThrow(message);
  });
});
