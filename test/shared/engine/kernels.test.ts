import { describe, expect, it } from "vitest";
import { strictWasm } from "../../../shared/engine/kernels/strict.wasm.ts";

describe("the inlined kernels", () => {
  it("are what their source compiles to", async () => {
    const build: { compileKernels(): Promise<Uint8Array> } = await import(
      new URL("../../../scripts/buildKernels.mjs", import.meta.url).href
    );
    const compiled = Buffer.from(await build.compileKernels()).toString("base64");
    // A difference means: run `npm run build:kernels` and commit the result.
    expect(compiled === strictWasm).toBe(true);
  });

  it("stay small enough to be compiled on a page's main thread", () => {
    expect(Buffer.from(strictWasm, "base64").length).toBeLessThan(60 * 1024);
  });
});
