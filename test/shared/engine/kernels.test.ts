import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { Arena } from "../../../shared/engine/arena.ts";
import { compileFastKernels } from "../../../shared/engine/compileFastKernels.ts";
import { fastWasm } from "../../../shared/engine/kernels/fast.wasm.ts";
import { strictWasm } from "../../../shared/engine/kernels/strict.wasm.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import { createGraph } from "../../../shared/graph/createGraph.ts";
import { input, matmul } from "../../../shared/graph/ops.ts";
import { expectClose } from "../../support/expectClose.ts";
import { runEngine } from "../../support/runEngine.ts";

describe.each([
  ["strict", strictWasm],
  ["fast", fastWasm],
] as const)("the inlined %s kernels", (kind, inlined) => {
  it("are what their source compiles to", async () => {
    const build: { compileKernels(kind: string): Promise<Uint8Array> } = await import(
      new URL("../../../scripts/buildKernels.mjs", import.meta.url).href
    );
    const compiled = Buffer.from(await build.compileKernels(kind)).toString("hex");
    // A difference means: run `npm run build:kernels` and commit the result.
    expect(compiled === inlined).toBe(true);
  }, 120_000); // the compiler takes its time on a busy machine

  it("stay small enough to be compiled on a page's main thread", () => {
    expect(inlined.length / 2).toBeLessThan(60 * 1024);
  });
});

describe("the fast kernels", () => {
  const a = input("a", [9, 70]);
  const b = input("b", [70, 13]);
  const product = createGraph({ inputs: [a, b], outputs: [matmul(a, b)] });
  const rng = createRng("fast kernels");
  const feeds = {
    a: Float32Array.from({ length: 9 * 70 }, () => rng.nextFloat() - 0.5),
    b: Float32Array.from({ length: 70 * 13 }, () => rng.nextFloat() - 0.5),
  };

  it("are refused with the way out where the platform has no relaxed SIMD, and agree with the twin where it has", () => {
    if (!hasRelaxedSimd()) {
      expect(compileFastKernels).toThrow("--experimental-wasm-relaxed-simd");
      setFlagsFromString("--experimental-wasm-relaxed-simd");
    }
    const [expected] = runReference(product, feeds).outputs;
    const [actual] = runEngine(product, feeds, {}, compileFastKernels()).outputs;
    // 70 products below 0.25 of random sign: the f32 sums are off by less than 70 · 2^-24.
    expectClose(actual!, expected!, { tolerance: 5e-6 });
  });

  it("are asked for as a value: their name alone is refused with the way to get it", () => {
    expect(() => new Arena({ kernels: "fast" as never })).toThrow(
      'expected "strict" or the result of compileFastKernels()',
    );
  });
});

/** By the smallest module with an instruction of relaxed SIMD: v128.const 0 three times, f32x4.relaxed_madd, drop. */
function hasRelaxedSimd(): boolean {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const types = [1, 4, 1, 0x60, 0, 0];
  const functions = [3, 2, 1, 0];
  const zero = [0xfd, 12, ...new Array<number>(16).fill(0)];
  const body = [0, ...zero, ...zero, ...zero, 0xfd, 0x85, 2, 0x1a, 0x0b];
  return WebAssembly.validate(
    Uint8Array.from([...header, ...types, ...functions, 10, body.length + 2, 1, body.length, ...body]),
  );
}
