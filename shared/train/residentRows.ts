import type { Dataset } from "../data/dataset.ts";
import type { Arena } from "../engine/arena.ts";
import { SOURCE_F32, SOURCE_I32, SOURCE_U8 } from "../engine/opcodes.ts";

/** What is read of a row: "inputs" where no target is looked at. */
export type Columns = "inputs" | "both";

/**
 * One client's rows of a dataset, copied into the arena so that its kernels can gather batches from them: a private copy, as
 * large as the largest client, whatever the size of the dataset. The region grows by half at least, so that a
 * growing series of clients wastes little.
 */
export class ResidentRows {
  readonly #arena: Arena;
  #inputs = { address: 0, numBytes: 0 };
  #targets = { address: 0, numBytes: 0 };
  /** What lies there now, when it is a whole dataset: those never change, so they need no second copy. */
  #whole: { readonly data: Dataset; readonly columns: Columns } | undefined;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** Copies the rows (all rows when absent) and points the gather at them: row i of the copy is `rows[i]`. */
  load(data: Dataset, columns: Columns, rows?: Uint32Array): void {
    const known = this.#whole;
    if (rows === undefined && known?.data === data && (known.columns === "both" || columns === "inputs")) return;
    this.#whole = undefined;
    const numRows = rows?.length ?? data.numExamples;
    const inputs = rowBytes(data.inputs, data.inputs.length / data.numExamples);
    this.#inputs = this.#reserve(this.#inputs, numRows * inputs.perRow);
    this.#copy(this.#inputs.address, inputs, rows);
    if (columns === "both") {
      const targets = rowBytes(data.targets, data.targetSize);
      this.#targets = this.#reserve(this.#targets, numRows * targets.perRow);
      this.#copy(this.#targets.address, targets, rows);
    }
    this.#arena.kernels.setSource(
      this.#inputs.address,
      sourceType(data.inputs),
      this.#targets.address,
      sourceType(data.targets),
    );
    if (rows === undefined) this.#whole = { data, columns };
  }

  #reserve(region: { address: number; numBytes: number }, numBytes: number): { address: number; numBytes: number } {
    if (numBytes <= region.numBytes) return region;
    const size = Math.max(numBytes, Math.ceil(region.numBytes * 1.5));
    return { address: this.#arena.allocate(size), numBytes: size };
  }

  #copy(address: number, { bytes, perRow }: RowBytes, rows: Uint32Array | undefined): void {
    if (rows === undefined) {
      this.#arena.u8(address, bytes.length).set(bytes);
      return;
    }
    const destination = this.#arena.u8(address, rows.length * perRow);
    for (let i = 0; i < rows.length; ) {
      // Neighbouring rows are copied in one go.
      const first = rows[i]!;
      let count = 1;
      while (i + count < rows.length && rows[i + count] === first + count) count++;
      destination.set(bytes.subarray(first * perRow, (first + count) * perRow), i * perRow);
      i += count;
    }
  }
}

interface RowBytes {
  readonly bytes: Uint8Array;
  readonly perRow: number;
}

function rowBytes(values: Uint8Array | Int32Array | Float32Array, perRow: number): RowBytes {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { bytes, perRow: perRow * values.BYTES_PER_ELEMENT };
}

function sourceType(values: Uint8Array | Int32Array | Float32Array): number {
  if (values instanceof Uint8Array) return SOURCE_U8;
  return values instanceof Float32Array ? SOURCE_F32 : SOURCE_I32;
}
