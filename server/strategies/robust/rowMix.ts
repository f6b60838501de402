/** One linear combination of updates: the sum of coefficient x update. */
interface MixRow {
  /** Which updates, ascending. */
  readonly from: readonly number[];
  readonly coefficients: readonly number[];
}

/**
 * Rows made of the updates, as a recipe: row i is (Σ coefficient · update) / divisor. Pre-steps are linear in the updates
 * once their factors are known, so that a chain of them is one mix and no second copy of the updates is ever made.
 * The divisor stands apart because a sum that is divided once is the exact mean of equal updates.
 */
export interface RowMix {
  readonly rows: readonly MixRow[];
  readonly divisor: number;
}

/** The updates as they are. */
export function identityMix(numUpdates: number): RowMix {
  return { rows: Array.from({ length: numUpdates }, (_, i) => ({ from: [i], coefficients: [1] })), divisor: 1 };
}

/** Each row times its own factor. */
export function scaleRows({ rows, divisor }: RowMix, factors: ArrayLike<number>): RowMix {
  const scaled = rows.map(({ from, coefficients }, i) => ({
    from,
    coefficients: coefficients.map((coefficient) => coefficient * (factors[i] as number)),
  }));
  return { rows: scaled, divisor };
}

/** Some of the rows. */
export function selectRows({ rows, divisor }: RowMix, indices: readonly number[]): RowMix {
  return { rows: indices.map((i) => rows[i] as MixRow), divisor };
}

/** New rows, each the mean of `group.length` rows; all groups have one length. */
export function averageRows(mix: RowMix, groups: readonly (readonly number[])[]): RowMix {
  const size = groups[0]?.length ?? 1;
  return { rows: groups.map((group) => sumRows(mix, group)), divisor: mix.divisor * size };
}

/** One row: the mean of all. */
export function meanRow(mix: RowMix): RowMix {
  return averageRows(mix, [mix.rows.map((_, i) => i)]);
}

/** One row: (Σ weight · row) / total. */
export function weighRows(mix: RowMix, weights: ArrayLike<number>, total: number): RowMix {
  const all = mix.rows.map((_, i) => i);
  return { rows: [sumRows(scaleRows(mix, weights), all)], divisor: mix.divisor * total };
}

function sumRows({ rows }: RowMix, group: readonly number[]): MixRow {
  const sums = new Map<number, number>();
  for (const i of group) {
    const { from, coefficients } = rows[i] as MixRow;
    for (const [at, update] of from.entries()) {
      sums.set(update, (sums.get(update) ?? 0) + (coefficients[at] as number));
    }
  }
  const from = [...sums.keys()].filter((update) => sums.get(update) !== 0).sort((a, b) => a - b);
  return { from, coefficients: from.map((update) => sums.get(update) as number) };
}
