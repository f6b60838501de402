import { beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import { prefersWinograd, winogradScratchElements } from "../../../../shared/engine/compile/winogradPlan.ts";
import { expectClose } from "../../../support/expectClose.ts";
import { type KernelSource, loadKernelSource } from "../../../support/loadKernelSource.ts";

// Regions of the memory, in elements.
const WORDS = 1 << 15;
const INIT = (1 << 15) + 64;
const X = 1 << 16;
const W = 1 << 19;
const Y = 5 << 17;
const DW = 7 << 17;
const SCRATCH = 1 << 20;
const SENTINEL = 7;

/**
 * Barabasz et al. 2020 (arXiv:1803.10986) bound the error by the condition of the transforms, far above what occurs. Measured here:
 * at most 1.4e-5 of the largest result. A wrong coefficient is off by more than 1e-2.
 */
const TOLERANCE = 5e-5;

describe("winograd", () => {
  let kernel: KernelSource;
  beforeAll(async () => {
    kernel = await loadKernelSource("winograd.ts");
  });

  function fill(name: string, start: number, count: number): void {
    const rng = createRng("winograd", name);
    for (let i = 0; i < count; i++) kernel.f32[start + i] = rng.nextFloat() - 0.5;
  }

  /** By the largest of the expected: a result of many cancelling terms is no better than they are. */
  function expectCloseByLargest(actual: ArrayLike<number>, expected: Float64Array, label: string): void {
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const shares = Float64Array.from(actual, (value) => value / largest);
    expectClose(
      shares,
      expected.map((value) => value / largest),
      { tolerance: TOLERANCE, label },
    );
  }

  const sizes = [
    { batch: 1, rows: 1, columns: 3, inputs: 1, outputs: 1 },
    { batch: 3, rows: 7, columns: 9, inputs: 5, outputs: 6 },
    { batch: 2, rows: 8, columns: 4, inputs: 16, outputs: 9 },
    // Several blocks of tiles.
    { batch: 55, rows: 1, columns: 2, inputs: 40, outputs: 61 },
  ];

  it.each(
    sizes.flatMap((size) => [3, 5].map((taps) => ({ ...size, taps }))),
  )("convolves, and so does its filter gradient: %j", (size) => {
    const { batch, rows, columns, inputs, outputs, taps } = size;
    const name = JSON.stringify(size);
    const { f32, i32 } = kernel;
    const [height, width] = [rows + taps - 1, columns + taps - 1];
    // The filter is read turned by half and with its channels exchanged, as for the gradient of x.
    const wAt = (y: number, x: number, i: number, o: number): number =>
      ((taps - 1 - y) * taps + taps - 1 - x) * outputs * inputs + o * inputs + i;
    const last = (taps * taps - 1) * inputs * outputs;
    const steps = [
      ...[height * width * inputs, width * inputs, inputs, width * inputs, inputs],
      ...[rows * columns * outputs, columns * outputs, outputs],
      ...[-taps * inputs * outputs, -inputs * outputs, 1, inputs],
    ].map((elements) => 4 * elements);
    i32.set([batch, rows, columns, inputs, outputs, taps, taps, ...steps], WORDS);
    const numOutputs = batch * rows * columns * outputs;
    const numParams = taps * taps * inputs * outputs;
    fill(`x ${name}`, X, batch * height * width * inputs);
    fill(`w ${name}`, W, numParams);
    fill(`init ${name}`, INIT, outputs);
    fill(`dy ${name}`, DW, numOutputs);
    const dy = f32.slice(DW, DW + numOutputs);

    const y = new Float64Array(numOutputs);
    const dw = Float64Array.from({ length: numParams }, (_, i) => f32[INIT + (i % outputs)]!);
    for (let b = 0; b < batch; b++) {
      for (let r = 0; r < rows; r++) {
        for (let p = 0; p < columns; p++) {
          for (let o = 0; o < outputs; o++) {
            const at = ((b * rows + r) * columns + p) * outputs + o;
            y[at] = f32[INIT + o]!;
            for (let ty = 0; ty < taps; ty++) {
              for (let tx = 0; tx < taps; tx++) {
                for (let i = 0; i < inputs; i++) {
                  const x = f32[X + ((b * height + r + ty) * width + p + tx) * inputs + i]!;
                  y[at]! += x * f32[W + wAt(ty, tx, i, o)]!;
                  dw[((ty * taps + tx) * inputs + i) * outputs + o]! += x * dy[at]!;
                }
              }
            }
          }
        }
      }
    }
    const convolution = { rows, columns, channelsIn: inputs, channelsOut: outputs, tapsY: taps, tapsX: taps };
    const end = SCRATCH + winogradScratchElements(convolution);
    f32.fill(SENTINEL, Y, Y + numOutputs + 8);
    f32.fill(SENTINEL, end, end + 8);
    kernel.call(
      "winograd",
      ...[WORDS, X, W + last, Y, INIT].map((at) => 4 * at),
      Number.NEGATIVE_INFINITY,
      4 * SCRATCH,
    );
    expectCloseByLargest(f32.subarray(Y, Y + numOutputs), y, name);
    expect([...f32.slice(Y + numOutputs, Y + numOutputs + 8), ...f32.slice(end, end + 8)]).toEqual(
      Array(16).fill(SENTINEL),
    );

    f32.set(dy, Y);
    f32.fill(SENTINEL, DW, DW + numParams + 8);
    kernel.call("winogradFilterGrad", ...[WORDS, X, Y, DW, INIT, 0, SCRATCH].map((at) => 4 * at));
    expectCloseByLargest(f32.subarray(DW, DW + numParams), dw, `gradient of the filter, ${name}`);
    expect([...f32.slice(DW + numParams, DW + numParams + 8), ...f32.slice(end, end + 8)]).toEqual(
      Array(16).fill(SENTINEL),
    );
  });

  it("is preferred only where it pays", () => {
    const size = { rows: 14, columns: 14, channelsIn: 32, channelsOut: 64, tapsY: 5, tapsX: 5 };
    expect(prefersWinograd(size)).toBe(true);
    expect(prefersWinograd({ ...size, channelsIn: 1 })).toBe(false);
    expect(prefersWinograd({ ...size, tapsX: 3 })).toBe(false);
    expect(prefersWinograd({ ...size, tapsY: 1, tapsX: 1 })).toBe(false);
    // 3 x 3 on 5 x 5 pixels: 25 * 9 products in place of 4 * 36.
    expect(prefersWinograd({ ...size, rows: 5, columns: 5, tapsY: 3, tapsX: 3 })).toBe(false);
  });
});
