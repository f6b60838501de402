// Robust rules as their papers state them, on plain arrays, one obvious step after the other: the twins of the tiled ones.

type Rows = readonly (readonly number[])[];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const norm = (row: readonly number[]): number => Math.sqrt(sum(row.map((value) => value * value)));
const distance = (a: readonly number[], b: readonly number[]): number => norm(a.map((value, i) => value - b[i]!));
const scaled = (row: readonly number[], factor: number): number[] => row.map((value) => value * factor);
const columns = (rows: Rows): number[][] => rows[0]!.map((_, i) => rows.map((row) => row[i]!));
const byLowest = <T>(items: readonly T[], key: (item: T) => number): T[] =>
  items
    .map((item, i) => ({ item, i, key: key(item) }))
    .sort((a, b) => a.key - b.key || a.i - b.i)
    .map(({ item }) => item);

export const slowMean = (rows: Rows): number[] => columns(rows).map((column) => sum(column) / column.length);

const middle = (values: readonly number[]): number => {
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

export const slowMedian = (rows: Rows): number[] => columns(rows).map(middle);

export const slowTrimmedMean = (rows: Rows, f: number): number[] =>
  columns(rows).map((column) => sum(ascending(column).slice(f, column.length - f)) / (column.length - 2 * f));

export const slowKrumScores = (rows: Rows, f: number): number[] =>
  rows.map((row, i) => {
    const others = rows.filter((_, j) => j !== i).map((other) => distance(row, other) ** 2);
    return sum(ascending(others).slice(0, Math.max(1, rows.length - f - 2)));
  });

export function slowMultiKrum(rows: Rows, f: number, m = rows.length - f): number[] {
  const scores = slowKrumScores(rows, f);
  return slowMean(
    byLowest([...rows.keys()], (i) => scores[i]!)
      .slice(0, m)
      .map((i) => rows[i]!),
  );
}

/** Every score of every choice from the distances that are left. */
export function slowKrumChoices(distances: Rows, f: number, count: number): number[] {
  const left = [...distances.keys()];
  const chosen: number[] = [];
  while (chosen.length < count) {
    const scores = left.map((i) => {
      const others = left.filter((j) => j !== i).map((j) => distances[i]![j]!);
      return sum(ascending(others).slice(0, Math.max(1, left.length - f - 2)));
    });
    chosen.push(...left.splice(scores.indexOf(Math.min(...scores)), 1));
  }
  return chosen;
}

export function slowBulyan(rows: Rows, f: number): number[] {
  const left = [...rows];
  const taken: (readonly number[])[] = [];
  while (taken.length < rows.length - 2 * f) {
    const scores = slowKrumScores(left, f);
    taken.push(...left.splice(scores.indexOf(Math.min(...scores)), 1));
  }
  taken.sort((a, b) => rows.indexOf(a) - rows.indexOf(b));
  return columns(taken).map((column) => {
    const centre = middle(column);
    const nearest = byLowest(column, (value) => Math.abs(value - centre)).slice(0, taken.length - 2 * f);
    return sum(nearest) / nearest.length;
  });
}

export function slowGeometricMedian(rows: Rows, iterations = 1000): number[] {
  let z = slowMedian(rows);
  for (let step = 0; step < iterations; step++) {
    const betas = rows.map((row) => (step === 0 && distance(z, row) < 1e-6 ? 0 : 1 / Math.max(1e-6, distance(z, row))));
    z = columns(rows).map((column) => sum(column.map((value, i) => betas[i]! * value)) / sum(betas));
  }
  return z;
}

export function slowCentredClipping(rows: Rows, tau: number, iterations: number, start: readonly number[]): number[] {
  let v = [...start];
  for (let step = 0; step < iterations; step++) {
    const moves = rows.map((row) => {
      const difference = row.map((value, i) => value - v[i]!);
      return scaled(difference, Math.min(1, tau / norm(difference)));
    });
    v = slowMean(moves).map((move, i) => v[i]! + move);
  }
  return v;
}

export const slowNormBound = (rows: Rows, bound: number): number[][] =>
  rows.map((row) => scaled(row, Math.min(1, bound / norm(row))));

export function slowArc(rows: Rows, f: number): number[][] {
  const n = rows.length;
  const longestFirst = ascending(rows.map(norm)).reverse();
  return slowNormBound(rows, longestFirst[Math.floor((2 * f * (n - f)) / n)]!);
}

export const slowNnm = (rows: Rows, f: number): number[][] =>
  rows.map((row) => slowMean(byLowest(rows, (other) => distance(row, other)).slice(0, rows.length - f)));

export function slowFltrust(rows: Rows, root: readonly number[]): number[] {
  const trusts = rows.map((row) => {
    const cosine = sum(row.map((value, i) => value * root[i]!)) / (norm(row) * norm(root));
    return Math.max(0, cosine);
  });
  if (sum(trusts) === 0) return root.map(() => 0);
  const weighted = rows.map((row, i) => scaled(row, (trusts[i]! * norm(root)) / norm(row)));
  return columns(weighted).map((column) => sum(column) / sum(trusts));
}

/** Without noise. */
export function slowFlame(rows: Rows): number[] {
  const units = rows.map((row) => scaled(row, 1 / norm(row)));
  const apart = units.map((a) => units.map((b) => distance(a, b) ** 2 / 2));
  const levels = ascending(apart.flat());
  for (const level of levels) {
    for (const start of rows.keys()) {
      const members = new Set([start]);
      for (const i of members) for (const j of rows.keys()) if (apart[i]![j]! <= level) members.add(j);
      if (members.size <= rows.length / 2) continue;
      const clipped = slowNormBound(rows, middle(rows.map(norm)));
      return slowMean(ascending([...members]).map((i) => clipped[i]!));
    }
  }
  throw new Error("the farthest level holds all rows");
}
