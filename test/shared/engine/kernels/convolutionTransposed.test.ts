import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { prefersTransposed } from "../../../../shared/engine/compile/transposedPlan.ts";
import { type KernelSource, loadKernelSource } from "../../../support/loadKernelSource.ts";

// Regions of the memory, in elements.
const WORDS = 1 << 15;
const X = 1 << 16;
const W = 1 << 18;
const Y = 1 << 19;
const SENTINEL = 7;

interface Transposed {
  readonly size: readonly [number, number];
  readonly channels: readonly [number, number];
  readonly out: readonly [number, number];
  readonly taps: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly padding?: readonly [number, number];
}

describe("convolveTransposed", () => {
  let kernel: KernelSource;
  beforeAll(async () => {
    kernel = await loadKernelSource("convolutionTransposed.ts");
  });

  it.each<Transposed>([
    { size: [8, 8], channels: [16, 6], out: [12, 12], taps: [5, 5] },
    { size: [1, 1], channels: [3, 1], out: [1, 2], taps: [1, 2] },
    // Windows that reach over every edge, some of them wholly outside.
    { size: [7, 4], channels: [5, 9], out: [6, 5], taps: [3, 4], padding: [2, 3] },
    { size: [13, 3], channels: [2, 4], out: [5, 4], taps: [3, 2], padding: [6, 0] },
    // Strides longer than the filter leave rows and columns that nothing reaches; so does an offset.
    { size: [6, 3], channels: [4, 3], out: [20, 16], taps: [2, 3], strides: [3, 5] },
    { size: [3, 2], channels: [4, 21], out: [8, 9], taps: [3, 3], strides: [2, 1], padding: [-1, -2] },
  ])("equals plain sums over the pixels in order: %j", (transposed) => {
    const { size, channels, out, taps, strides = [1, 1], padding = [0, 0] } = transposed;
    const [height, width] = size;
    const [inputs, outputs] = channels;
    const [rows, columns] = out;
    const batch = 2;
    const { f32, i32 } = kernel;
    const rng = createRng("convolveTransposed", JSON.stringify(transposed));
    const numX = batch * height * width * inputs;
    for (let i = 0; i < numX; i++) f32[X + i] = rng.nextFloat() - 0.5;
    for (let i = 0; i < taps[0] * taps[1] * inputs * outputs; i++) f32[W + i] = rng.nextFloat() - 0.5;
    const y = new Float32Array(batch * rows * columns * outputs + 8).fill(0, 0, -8).fill(SENTINEL, -8);
    f32.fill(SENTINEL, Y, Y + y.length);
    for (let b = 0; b < batch; b++) {
      for (let s = 0; s < height; s++) {
        for (let q = 0; q < width; q++) {
          for (let i = 0; i < inputs; i++) {
            const x = f32[X + ((b * height + s) * width + q) * inputs + i]!;
            for (let v = 0; v < taps[0]; v++) {
              for (let u = 0; u < taps[1]; u++) {
                const [row, column] = [s * strides[0] - padding[0] + v, q * strides[1] - padding[1] + u];
                if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
                for (let o = 0; o < outputs; o++) {
                  const at = ((b * rows + row) * columns + column) * outputs + o;
                  y[at] = y[at]! + Math.fround(x * f32[W + ((v * inputs + i) * taps[1] + u) * outputs + o]!);
                }
              }
            }
          }
        }
      }
    }
    i32.set([batch, height, width, inputs, rows, columns, outputs, ...taps, ...strides, ...padding], WORDS);
    kernel.call("convolveTransposed", 4 * WORDS, 4 * X, 4 * W, 4 * Y);
    expect(f32.slice(Y, Y + y.length)).toEqual(y);
  });

  it("is preferred where zeros and empty lanes would be most of the work", () => {
    const size = { rows: 12, columns: 12, channelsIn: 16, channelsOut: 6, tapsY: 5, tapsX: 5 };
    expect(prefersTransposed(size, [8, 8])).toBe(true);
    expect(prefersTransposed({ ...size, channelsIn: 1 }, [8, 8])).toBe(false);
    expect(prefersTransposed({ ...size, channelsOut: 8 }, [12, 12])).toBe(false);
    // By Winograd's algorithm, unless strides spread the pixels.
    const large = { ...size, channelsIn: 32, channelsOut: 16 };
    expect(prefersTransposed(large, [12, 12])).toBe(false);
    expect(prefersTransposed(large, [6, 6])).toBe(true);
  });
});
