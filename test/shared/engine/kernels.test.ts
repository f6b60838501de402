import { setFlagsFromString } from "node:v8";
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import { hasKernelBuild } from "../../../shared/engine/kernelModule.ts";
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
    const compiled = Buffer.from(await build.compileKernels(kind)).toString("base64");
    // A difference means: run `npm run build:kernels` and commit the result.
    expect(compiled === inlined).toBe(true);
  });

  it("stay small enough to be compiled on a page's main thread", () => {
    expect(Buffer.from(inlined, "base64").length).toBeLessThan(60 * 1024);
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
    if (!hasKernelBuild("fast")) {
      expect(() => runEngine(product, feeds, {}, "fast")).toThrow("--experimental-wasm-relaxed-simd");
      setFlagsFromString("--experimental-wasm-relaxed-simd");
    }
    const [expected] = runReference(product, feeds).outputs;
    const [actual] = runEngine(product, feeds, {}, "fast").outputs;
    // 70 products below 0.25 of random sign: the f32 sums are off by less than 70 · 2^-24.
    expectClose(actual!, expected!, { tolerance: 5e-6 });
  });
});
