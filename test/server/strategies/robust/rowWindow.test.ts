import { describe, expect, it } from "vitest";
import { rowWindows } from "../../../../server/strategies/robust/kernels/rowWindow.ts";
import { averageRows, identityMix, selectRows } from "../../../../server/strategies/robust/rowMix.ts";
import type { Row, UpdateRows } from "../../../../server/strategies/robust/updateRows.ts";

const LENGTH = 23;
const value = (update: number, coordinate: number): number => 100 * update + coordinate;
const row = (update: number): Float32Array => Float32Array.from({ length: LENGTH }, (_, i) => value(update, i));

/** Rows of which those named lie in files; notes what is read. */
function rowsInFiles(numRows: number, stored: readonly number[]) {
  const reads: { readonly update: number; readonly start: number; readonly length: number }[] = [];
  const updates: UpdateRows = {
    clientIds: Array.from({ length: numRows }, (_, i) => `c${i}`),
    numParams: LENGTH,
    row: (i): Row => (stored.includes(i) ? { path: String(i), offset: 0, length: LENGTH } : row(i)),
    readStored({ path }, start, out) {
      reads.push({ update: Number(path), start, length: out.length });
      out.set(row(Number(path)).subarray(start, start + out.length));
    },
  };
  return { updates, reads };
}

describe("rowWindows", () => {
  it("reads rows in files a stretch at a time, as long as its memory holds, and looks at others as they are", () => {
    const { updates, reads } = rowsInFiles(3, [0, 2]);
    const windowAt = rowWindows(updates, identityMix(3), { unit: 4, longest: LENGTH, bytes: 2 * 9 * 4 }); // room for 9: two whole units
    for (const [start, end] of [
      [0, 8],
      [8, 16],
      [16, 21],
    ] as const) {
      const window = windowAt(start, 21);
      expect([window.start, window.end]).toEqual([start, end]);
      expect(window.deltas).toEqual([0, 1, 2].map((update) => row(update).subarray(start, end)));
    }
    expect(reads).toEqual(
      [0, 8, 16].flatMap((start) => [0, 2].map((update) => ({ update, start, length: Math.min(8, 21 - start) }))),
    );
  });

  it("takes one unit where its memory holds not even that", () => {
    const { updates } = rowsInFiles(2, [0, 1]);
    expect(rowWindows(updates, identityMix(2), { unit: 4, longest: LENGTH, bytes: 1 })(4, LENGTH).end).toBe(8);
  });

  it("reads no row that the mix does not look at, and one file alone further", () => {
    const { updates, reads } = rowsInFiles(4, [0, 1, 2, 3]);
    const one = rowWindows(updates, selectRows(identityMix(4), [2]), { unit: 4, longest: LENGTH, bytes: 12 * 4 })(
      0,
      LENGTH,
    );
    expect(one.end).toBe(12);
    const pair = averageRows(identityMix(4), [[1, 3]]);
    expect(rowWindows(updates, pair, { unit: 4, longest: LENGTH, bytes: 12 * 4 })(0, LENGTH).end).toBe(4);
    expect(reads.map(({ update }) => update)).toEqual([2, 1, 3]);
  });

  it("takes no more memory than the longest window needs", () => {
    const { updates } = rowsInFiles(1, [0]);
    const window = rowWindows(updates, identityMix(1), { unit: 4, longest: 6 })(4, 10);
    expect([window.end, window.deltas[0]?.buffer.byteLength]).toEqual([10, 6 * 4]);
  });

  it("is all of the rows where they lie in memory", () => {
    const window = rowWindows(rowsInFiles(2, []).updates, identityMix(2), { unit: 4, longest: LENGTH, bytes: 4 })(
      0,
      LENGTH,
    );
    expect(window.end).toBe(LENGTH);
  });
});
