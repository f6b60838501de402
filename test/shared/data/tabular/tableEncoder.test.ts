import { describe, expect, it } from "vitest";
import { DataFormatError } from "../../../../shared/data/dataFormatError.ts";
import { encodeTable, fitTableEncoder, type TableColumn } from "../../../../shared/data/tabular/tableEncoder.ts";

const COLUMNS: readonly TableColumn[] = [
  { name: "age", kind: "number" },
  { name: "job", kind: "category" },
];

describe("a table's encoder", () => {
  it("standardises numbers and gives each category a column of its own", () => {
    const rows = [
      ["10", "sailor"],
      ["14", "cook"],
      ["12", "sailor"],
      ["12", "cook"],
    ];
    const encoder = fitTableEncoder(COLUMNS, rows);
    expect(encoder.width).toBe(3);
    // Mean 12, population standard deviation √(8 / 4) = 1.414...; categories sorted: cook, sailor.
    const z = Math.fround(Math.SQRT2);
    expect(encodeTable(encoder, rows)).toEqual(Float32Array.of(-z, 0, 1, z, 1, 0, 0, 0, 1, 0, 1, 0));
    expect(encodeTable(JSON.parse(JSON.stringify(encoder)), rows)).toEqual(encodeTable(encoder, rows));
  });

  it("reads a gap as the mean and marks it where training rows had gaps; an unknown category is none", () => {
    const encoder = fitTableEncoder(COLUMNS, [
      ["1", "cook"],
      ["?", "?"],
      ["3", ""],
    ]);
    expect(encoder.columns[0]).toMatchObject({ mean: 2, stdDev: 1, marksMissing: true });
    const rows = [
      ["?", "pilot"],
      ["3", "cook"],
    ];
    expect(encodeTable(encoder, rows)).toEqual(Float32Array.of(0, 1, 0, 1, 0, 1));
  });

  it("makes nothing of a constant column and of a column of gaps", () => {
    const constant = fitTableEncoder([{ name: "x", kind: "number" }], [["5"], ["5"]]);
    expect(encodeTable(constant, [["5"], ["5"]])).toEqual(Float32Array.of(0, 0));
    const gaps = fitTableEncoder([{ name: "x", kind: "number" }], [["?"], ["?"]]);
    expect(encodeTable(gaps, [["?"]])).toEqual(Float32Array.of(0, 1));
  });

  it("refuses text among numbers, rows of another length, and an empty table", () => {
    expect(() => fitTableEncoder(COLUMNS, [["old", "cook"]])).toThrow('"age" expected a number or "?", got "old"');
    const encoder = fitTableEncoder(COLUMNS, [["1", "cook"]]);
    expect(() => encodeTable(encoder, [["1"]])).toThrow("row 1 expected 2 cells, got 1");
    expect(() => encodeTable(encoder, [["x", "cook"]])).toThrow(DataFormatError);
    expect(() => fitTableEncoder(COLUMNS, [])).toThrow("at least one row");
  });
});
