/** Consecutive parts of the rows in proportion to shares that add up to 1; every row is in one of them. */
export function cutByShares(rows: readonly number[], shares: ArrayLike<number>): number[][] {
  const parts: number[][] = [];
  let start = 0;
  let reached = 0;
  for (let part = 0; part < shares.length; part++) {
    reached += shares[part] as number;
    const end = part === shares.length - 1 ? rows.length : Math.min(rows.length, Math.round(reached * rows.length));
    parts.push(rows.slice(start, end));
    start = end;
  }
  return parts;
}
