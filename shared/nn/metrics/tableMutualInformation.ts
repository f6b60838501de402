import { assertFinite } from "../../base/assert.ts";
import { log } from "../../base/math.ts";

/**
 * Mutual information Σ p(i, j)·log(p(i, j) / (p(i)·p(j))) of two variables from their joint counts table[i][j], in nats.
 * At least 0, at most the smaller of their entropies. Source: Cover and Thomas 2006, eq. 2.28.
 * @throws RangeError for rows of different length, a negative count or a total of 0; TypeError for NaN or infinity.
 */
export function tableMutualInformation(table: readonly (readonly number[])[]): number {
  const width = table[0]?.length ?? 0;
  const rowTotals = table.map((row) => row.reduce((sum, count) => sum + count, 0));
  const columnTotals: number[] = Array(width).fill(0);
  for (const [i, row] of table.entries()) {
    if (row.length !== width)
      throw new RangeError(`"table" expected rows of ${width} counts, got ${row.length} in row ${i}`);
    for (const [j, count] of row.entries()) {
      assertFinite("table", count, 0);
      columnTotals[j]! += count;
    }
  }
  const total = rowTotals.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) throw new RangeError(`"table" expected a total above 0, got ${total}`);
  let information = 0;
  for (const [i, row] of table.entries()) {
    for (const [j, count] of row.entries()) {
      if (count > 0) information += (count / total) * log((count / rowTotals[i]!) * (total / columnTotals[j]!));
    }
  }
  return Math.max(0, information); // independent variables may round to just below
}
