/** Of each row the sum of its squared distances to the n - byzantine - 2 nearest others. Source: Blanchard et al. 2017, section 4. */
export function krumScores(distances: readonly Float64Array[], byzantine: number): readonly number[] {
  const numNeighbours = numNeighboursOf(distances.length, byzantine);
  return distances.map((ofRow, row) => sumOfFirst(sortedOthers(ofRow, row), numNeighbours));
}

/**
 * The `count` rows that Krum chooses one after the other, each among those that the choices before it left; of equal scores
 * the earlier row. The distances are symmetric and finite.
 *
 * What a choice takes from a row's score is known closely: the distance to the row chosen, or the farthest that counted. So
 * every row keeps a bound below its score, and only rows whose bound is not above the lowest score are added up anew: about
 * one a choice, n² log n in all. Equal scores are all added up: n³ / 3 additions at the worst, where no score differs.
 */
export function krumChoices(distances: readonly Float64Array[], byzantine: number, count: number): readonly number[] {
  const left = distances.map((ofRow, row) => createScoredRow(ofRow, row));
  const chosen: number[] = [];
  while (chosen.length < count) {
    const numNeighbours = numNeighboursOf(left.length, byzantine);
    const best = takeLowest(left, (scored) => addUp(scored, chosen, numNeighbours));
    chosen.push(best.row);
    for (const scored of left) scored.bound -= Math.min(best.ofRow[scored.row] as number, scored.farthest);
  }
  return chosen;
}

interface ScoredRow {
  readonly row: number;
  /** Distances to all rows. */
  readonly ofRow: Float64Array;
  /** Distances to the others, ascending, without the first `numGone` of the rows chosen. */
  others: Float64Array;
  numGone: number;
  /** The largest distance that counted when the score was last added up. */
  farthest: number;
  /** Not above the score. */
  bound: number;
}

function createScoredRow(ofRow: Float64Array, row: number): ScoredRow {
  return { row, ofRow, others: sortedOthers(ofRow, row), numGone: 0, farthest: 0, bound: Number.NEGATIVE_INFINITY };
}

/** Removes the row of the lowest score, of equal ones the first, from `left`, which ascends. */
function takeLowest(left: ScoredRow[], scoreOf: (scored: ScoredRow) => number): ScoredRow {
  const first = left.reduce((lowest, scored) => (scored.bound < lowest.bound ? scored : lowest));
  let best = first;
  let lowest = scoreOf(first);
  for (const scored of left) {
    if (scored === first || !precedes(scored.bound, scored, lowest, best)) continue;
    const score = scoreOf(scored);
    if (!precedes(score, scored, lowest, best)) continue;
    best = scored;
    lowest = score;
  }
  left.splice(left.indexOf(best), 1);
  return best;
}

function precedes(score: number, { row }: ScoredRow, otherScore: number, other: ScoredRow): boolean {
  return score < otherScore || (score === otherScore && row < other.row);
}

/** The score to the last bit, and a bound from it: added up in ascending order, since a difference would round otherwise. */
function addUp(scored: ScoredRow, chosen: readonly number[], numNeighbours: number): number {
  const gone = Float64Array.from(chosen.slice(scored.numGone), (row) => scored.ofRow[row] as number).sort();
  scored.others = without(scored.others, gone);
  scored.numGone = chosen.length;
  const score = sumOfFirst(scored.others, numNeighbours);
  scored.farthest = scored.others[numNeighbours - 1] ?? 0;
  // This score, the next one and the differences between them each round up to n times, by EPSILON / 2 of this score at most.
  scored.bound = score * (1 - 4 * scored.ofRow.length * Number.EPSILON);
  return score;
}

/** Takes `gone` out of the values that hold it, both ascending, in place. */
function without(values: Float64Array, gone: Float64Array): Float64Array {
  let numKept = 0;
  let numGone = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (numGone < gone.length && value === gone[numGone]) numGone += 1;
    else values[numKept++] = value;
  }
  return values.subarray(0, numKept);
}

/** At least one: with 3 rows left and one of them hostile Bulyan would otherwise find them all equally good. */
function numNeighboursOf(numRows: number, byzantine: number): number {
  return Math.max(1, numRows - byzantine - 2);
}

function sortedOthers(ofRow: Float64Array, row: number): Float64Array {
  const others = new Float64Array(ofRow.length - 1);
  others.set(ofRow.subarray(0, row));
  others.set(ofRow.subarray(row + 1), row);
  return others.sort();
}

function sumOfFirst(ascending: Float64Array, count: number): number {
  const end = Math.min(count, ascending.length);
  let sum = 0;
  for (let i = 0; i < end; i++) sum += ascending[i] as number;
  return sum;
}
