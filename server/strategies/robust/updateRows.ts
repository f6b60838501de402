import type { ParamsRange } from "../averageStatistics.ts";

/** A delta in a file: little-endian f32, the first of them `offset` bytes from its start. Plain data, for worker threads. */
export interface StoredDelta {
  readonly path: string;
  readonly offset: number;
  /** Elements. */
  readonly length: number;
}

/** A delta, [numParams], in memory or in a file. One in shared memory travels to worker threads without a copy. */
export type Row = Float32Array | StoredDelta;

/** Fills `out` with the elements of a delta from `start` on. @throws Error if the file cannot be read that far. */
export type ReadStored = (delta: StoredDelta, start: number, out: Float32Array) => void;

/** The updates of one attempt as rows, in the order of their client ids; only read. */
export interface UpdateRows {
  /** Ascending, each once. */
  readonly clientIds: readonly string[];
  readonly numParams: number;
  row(index: number): Row;
  /** There if some rows lie in files. */
  readonly readStored?: ReadStored | undefined;
  /** Coordinates that passes see as 0, so that no length, distance or angle counts them; none when absent. */
  readonly hidden?: readonly ParamsRange[] | undefined;
}

export interface ClientDelta {
  readonly clientId: string;
  /** local params - received params; not copied. */
  readonly delta: Row;
}

/**
 * Sorts updates by client id, so that what is made of them depends neither on the order of arrival nor on chance.
 * @throws RangeError if there is none, a length differs or a client has two.
 */
export function updateRows(updates: readonly ClientDelta[], readStored?: ReadStored): UpdateRows {
  // Compared by UTF-16 units: a locale's order differs between machines.
  const sorted = [...updates].sort((a, b) => (a.clientId < b.clientId ? -1 : a.clientId > b.clientId ? 1 : 0));
  const numParams = sorted[0]?.delta.length;
  if (numParams === undefined) throw new RangeError("an aggregate expected at least one update, got none");
  for (const [i, { clientId, delta }] of sorted.entries()) {
    if (delta.length !== numParams) {
      throw new RangeError(`delta of ${clientId} expected ${numParams} values, got ${delta.length}`);
    }
    if (clientId === sorted[i + 1]?.clientId)
      throw new RangeError(`one update a client expected, got two of ${clientId}`);
  }
  return {
    clientIds: sorted.map(({ clientId }) => clientId),
    numParams,
    row: (index) => (sorted[index] as ClientDelta).delta,
    readStored,
  };
}

/** A vector as passes see the rows: 0 where those are hidden. A copy if they are anywhere. */
export function hideAsRows(values: Float64Array, { hidden = [] }: UpdateRows): Float64Array {
  if (hidden.length === 0) return values;
  const seen = values.slice();
  for (const { offset, length } of hidden) seen.fill(0, offset, offset + length);
  return seen;
}
