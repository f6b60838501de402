import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { type KernelSource, loadKernelSource } from "../../../support/loadKernelSource.ts";

// Regions of the memory, in elements.
const WORDS = 1 << 15;
const INIT = (1 << 15) + 64;
const X = 1 << 16;
const W = 1 << 19;
const Y = 1 << 20;
const DW = 3 << 19;
const SENTINEL = 7;

interface Convolution {
  readonly batch?: number;
  readonly height: number;
  readonly width: number;
  readonly taps: readonly [number, number];
  readonly channels: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
}

/** The kernels promise sums in one order, rounded at each step: plain loops must give the same bits. */
describe("convolve", () => {
  let kernel: KernelSource;
  beforeAll(async () => {
    kernel = await loadKernelSource("convolution.ts");
  });

  function fill(name: string, start: number, count: number): void {
    const rng = createRng("convolve", name);
    for (let i = 0; i < count; i++) kernel.f32[start + i] = rng.nextFloat() - 0.5;
  }

  function expectPlainSums(convolution: Convolution): void {
    const { batch = 2, height, width, taps, channels, strides = [1, 1], dilations = [1, 1] } = convolution;
    const name = JSON.stringify(convolution);
    const { f32, i32 } = kernel;
    const [tapsY, tapsX] = taps;
    const [inputs, outputs] = channels;
    const rows = Math.floor((height - dilations[0] * (tapsY - 1) - 1) / strides[0]) + 1;
    const columns = Math.floor((width - dilations[1] * (tapsX - 1) - 1) / strides[1]) + 1;
    const [xAt, wAt, yAt] = [
      (b: number, y: number, x: number, c: number): number => X + ((b * height + y) * width + x) * inputs + c,
      (y: number, x: number, i: number, o: number): number => W + ((y * tapsX + x) * inputs + i) * outputs + o,
      (b: number, y: number, x: number, c: number): number => Y + ((b * rows + y) * columns + x) * outputs + c,
    ];
    const steps = [
      ...[height * width * inputs, strides[0] * width * inputs, strides[1] * inputs],
      ...[dilations[0] * width * inputs, dilations[1] * inputs],
      ...[rows * columns * outputs, columns * outputs, outputs],
      ...[tapsX * inputs * outputs, inputs * outputs, outputs, 1],
    ].map((elements) => 4 * elements);
    i32.set([batch, rows, columns, inputs, outputs, tapsY, tapsX, ...steps], WORDS);
    fill(`x ${name}`, X, batch * height * width * inputs);
    fill(`w ${name}`, W, tapsY * tapsX * inputs * outputs);
    fill(`init ${name}`, INIT, outputs);
    const numOutputs = batch * rows * columns * outputs;
    f32.fill(SENTINEL, Y, Y + numOutputs + 8);

    const y = new Float32Array(numOutputs + 8).fill(SENTINEL);
    const dw = new Float32Array(tapsY * tapsX * inputs * outputs + 8).fill(SENTINEL);
    fill(`dy ${name}`, DW, numOutputs);
    const dy = f32.slice(DW, DW + numOutputs);
    for (let i = 0; i < dw.length - 8; i++) dw[i] = f32[INIT + (i % outputs)]!;
    for (let b = 0; b < batch; b++) {
      for (let r = 0; r < rows; r++) {
        for (let p = 0; p < columns; p++) {
          for (let o = 0; o < outputs; o++) {
            const at = yAt(b, r, p, o) - Y;
            let sum = f32[INIT + o]!;
            for (let ty = 0; ty < tapsY; ty++) {
              for (let tx = 0; tx < tapsX; tx++) {
                for (let i = 0; i < inputs; i++) {
                  const x = f32[xAt(b, r * strides[0] + ty * dilations[0], p * strides[1] + tx * dilations[1], i)]!;
                  const w = wAt(ty, tx, i, o);
                  sum = Math.fround(sum + Math.fround(x * f32[w]!));
                  dw[w - W] = dw[w - W]! + Math.fround(x * dy[at]!);
                }
              }
            }
            y[at] = Math.max(sum, 0);
          }
        }
      }
    }
    kernel.call("convolve", 4 * WORDS, 4 * X, 4 * W, 4 * Y, 4 * INIT, 0);
    expect(f32.slice(Y, Y + y.length), name).toEqual(y);

    f32.set(dy, Y);
    f32.fill(SENTINEL, DW, DW + dw.length);
    kernel.call("convolveFilterGrad", 4 * WORDS, 4 * X, 4 * Y, 4 * DW, 4 * INIT, 0);
    expect(f32.slice(DW, DW + dw.length), `gradient of the filter, ${name}`).toEqual(dw);
  }

  it.each([
    [
      [1, 1],
      [1, 1],
    ],
    [
      [2, 2],
      [1, 1],
    ],
    [
      [1, 3],
      [2, 1],
    ],
    [
      [2, 1],
      [1, 2],
    ],
  ] as const)("equals plain sums, and so does its filter gradient, with strides %j and dilations %j", (strides, dilations) => {
    for (const taps of [
      [1, 1],
      [3, 3],
      [2, 4],
    ] as const) {
      for (const channels of [
        [1, 3],
        [3, 8],
        [4, 10],
        [7, 1],
        [6, 21],
      ] as const) {
        expectPlainSums({ height: 8, width: 11, taps, channels, strides, dilations });
      }
    }
  });

  it.each<Convolution>([
    // More values under the filter than the panel holds: in one row of the filter, in several, and between dilated taps.
    { height: 4, width: 5, taps: [2, 3], channels: [200, 9] },
    { height: 4, width: 5, taps: [3, 3], channels: [120, 9] },
    { height: 3, width: 6, taps: [2, 2], channels: [530, 5], dilations: [1, 2] },
    // More pixels than the panel holds: in an image, and in a row.
    { height: 30, width: 30, taps: [3, 3], channels: [2, 5] },
    { height: 2, width: 530, taps: [1, 3], channels: [2, 5] },
  ])("equals plain sums over blocks: %j", (convolution) => expectPlainSums({ batch: 1, ...convolution }));
});
