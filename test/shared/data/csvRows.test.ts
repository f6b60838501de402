import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvRows } from "../../../shared/data/csvRows.ts";

const ALL = 1000;

describe("csvRows", () => {
  it("gives back what was written with every kind of separator, line end and quoting", () => {
    // No separator of another kind in the first line: which one is meant would be a matter of taste.
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const cell = fc.stringMatching(/^[a-z0-9 ,;|\t"\r\n]{0,6}$/);
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((columns) =>
        fc.tuple(
          fc.array(name, { minLength: columns, maxLength: columns }),
          fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 5 }),
        ),
      );
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(",", ";", "\t", "|"),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        ([header, body], separator, lineEnd, endsWithLineEnd) => {
          const quoted = (value: string): string =>
            /[,;|\t"\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
          const lines = [header, ...body].map((row) => row.map(quoted).join(separator));
          const text = lines.join(lineEnd) + (endsWithLineEnd ? lineEnd : "");
          const written = [header, ...body.filter((row) => row.some((value) => value.trim() !== ""))];
          expect(csvRows(text, ALL)).toEqual(written);
        },
      ),
      { seed: 20261126, numRuns: 500 },
    );
  });

  it.each([
    [
      "rows of blank cells",
      "a,b\n\n , \n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["an empty text", "", []],
    ["a quote that is not closed", 'a,b\n"1,2\n3,4', [["a", "b"], ["1,2\n3,4"]]],
    [
      "text after a closing quote",
      'a,b\n"1"x,2',
      [
        ["a", "b"],
        ["1x", "2"],
      ],
    ],
    [
      "a quote within a cell",
      'a,b\n1"2,3',
      [
        ["a", "b"],
        ['1"2', "3"],
      ],
    ],
    [
      "a separator as the last character",
      "a,b\n1,",
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
  ])("reads %s", (_what, text, rows) => {
    expect(csvRows(text, ALL)).toEqual(rows);
  });

  it("stops after the most rows that it may read", () => {
    expect(csvRows("a\n1\n\n2\n3\n", 3)).toEqual([["a"], ["1"], ["2"]]);
  });
});
