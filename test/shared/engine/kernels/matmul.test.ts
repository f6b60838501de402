import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { type KernelSource, loadKernelSource } from "../../../support/loadKernelSource.ts";

// Regions of the memory, in elements: far enough apart for the largest operand.
const A = 1 << 16;
const B = 1 << 19;
const C = 1 << 20;
const INIT = 3 << 19;
const SENTINEL = 7;

interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly from?: "nothing" | "row" | "c";
  readonly floor?: number;
}

/**
 * The kernel promises the sum in the order of `inner`, rounded after each product and each addition, whatever its tiles do:
 * so the plain loop must give the same bits.
 */
describe("matmul", () => {
  let kernel: KernelSource;
  beforeAll(async () => {
    kernel = await loadKernelSource("matmul.ts");
  });

  function expectPlainSums(product: Product): void {
    const { rows, inner, columns, from = "row", floor = Number.NEGATIVE_INFINITY } = product;
    const { f32 } = kernel;
    const rng = createRng("matmul", JSON.stringify(product));
    // Rows lie 3, 1 and 2 elements further apart than they are long, as in a view of a larger array.
    const [rowA, stepA] = product.transposeA ? [1, rows + 3] : [inner + 3, 1];
    const [stepB, columnB] = product.transposeB ? [1, inner + 1] : [columns + 1, 1];
    const strideC = columns + 2;
    for (const [start, count] of [
      [A, (rows + 3) * (inner + 3)],
      [B, (inner + 1) * (columns + 1)],
      [INIT, columns],
    ] as const) {
      for (let i = 0; i < count; i++) f32[start + i] = rng.nextFloat() - 0.5;
    }
    f32.fill(SENTINEL, C, C + rows * strideC + 8);
    const [init, initStride] = from === "nothing" ? [0, 0] : from === "row" ? [INIT, 0] : [C, strideC];
    const wanted = f32.slice(C, C + rows * strideC + 8);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < columns; j++) {
        let sum = from === "nothing" ? 0 : f32[init + r * initStride + j]!;
        for (let k = 0; k < inner; k++) {
          sum = Math.fround(sum + Math.fround(f32[A + r * rowA! + k * stepA!]! * f32[B + k * stepB! + j * columnB!]!));
        }
        wanted[r * strideC + j] = sum < floor ? floor : sum;
      }
    }
    const bytes = (elements: number): number => 4 * elements;
    kernel.call(
      "matmul",
      ...[A, rowA!, stepA!, B, stepB!, columnB!, C, strideC].map(bytes),
      ...[rows, inner, columns, bytes(init!), bytes(initStride!), floor],
    );
    expect(f32.slice(C, C + wanted.length), JSON.stringify(product)).toEqual(wanted);
  }

  it.each([
    ["as they lie", {}],
    ["with a transposed", { transposeA: true }],
    ["with b transposed", { transposeB: true }],
    ["with both transposed", { transposeA: true, transposeB: true }],
  ])("equals plain sums for every shape of tile, %s", (_name, transposes) => {
    for (const rows of [1, 2, 3, 4, 5, 6, 9, 10, 11, 21]) {
      for (const columns of [1, 2, 3, 4, 5, 7, 8, 9, 12, 19]) {
        expectPlainSums({ rows, columns, inner: 1 + ((rows * columns) % 13), ...transposes });
      }
    }
  });

  it.each([
    ["few rows, many products a sum", { rows: 10, inner: 150, columns: 27 }],
    ["few products, many rows", { rows: 260, inner: 64, columns: 12 }],
    ["more rows and products than one block", { rows: 261, inner: 300, columns: 13 }],
    ["a transposed b of more than one block", { rows: 7, inner: 270, columns: 18, transposeB: true }],
    ["no products", { rows: 6, inner: 0, columns: 9 }],
    ["no products with b transposed", { rows: 6, inner: 0, columns: 9, transposeB: true }],
  ])("equals plain sums over blocks: %s", (_name, size) => {
    for (const from of ["nothing", "row", "c"] as const) {
      for (const floor of [0, Number.NEGATIVE_INFINITY]) expectPlainSums({ ...size, from, floor });
    }
  });

  it.each([10, 30])("passes over inputs that are blank in all of %d rows, and over nothing else", (rows) => {
    const { f32 } = kernel;
    const [inner, columns] = [90, 33];
    const rng = createRng("matmul", "blank");
    // Blank: columns 0..9, 30..50, 77..89; zero in all rows but one: 64..67. A NaN in b shows which of its rows are read.
    const isBlank = (k: number): boolean => k < 10 || (k >= 30 && k <= 50) || k >= 77;
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < inner; k++) {
        const isZero = isBlank(k) || (k >= 64 && k <= 67 && r !== rows - 1);
        f32[A + r * inner + k] = isZero ? 0 : rng.nextFloat() - 0.5;
      }
    }
    for (let i = 0; i < inner * columns; i++) f32[B + i] = rng.nextFloat() - 0.5;
    for (const k of [0, 7, 32, 47, 80, 87]) f32.fill(Number.NaN, B + k * columns, B + (k + 1) * columns);
    const stride = 4 * columns;
    const size = [rows, inner, columns, 0, 0, Number.NEGATIVE_INFINITY];
    kernel.call("matmul", 4 * A, 4 * inner, 4, 4 * B, stride, 4, 4 * C, stride, ...size);
    for (let r = 0; r < rows; r++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const a = f32[A + r * inner + k]!;
          if (!isBlank(k)) sum = Math.fround(sum + Math.fround(a * f32[B + k * columns + j]!));
        }
        expect(f32[C + r * columns + j]).toBe(sum);
      }
    }
  });

  it("leaves rows of c as they are where the whole batch is blank", () => {
    const { f32 } = kernel;
    const [rows, inner, columns] = [10, 3, 8];
    f32.fill(0, A, A + rows * inner);
    for (let k = 0; k < inner; k++) f32[A + k * rows + 7] = 1;
    f32.fill(Number.NaN, B, B + inner * columns);
    f32.fill(SENTINEL, C, C + rows * columns);
    const stride = 4 * columns;
    kernel.call(
      "matmul",
      4 * A,
      4,
      4 * rows,
      4 * B,
      stride,
      4,
      4 * C,
      stride,
      ...[rows, inner, columns, 4 * C, stride, -Infinity],
    );
    expect([...f32.slice(C, C + 5 * columns)]).toEqual(Array(5 * columns).fill(SENTINEL));
    expect(f32[C + 7 * columns]).toBeNaN();
  });
});
