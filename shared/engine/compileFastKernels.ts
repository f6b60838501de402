import { fromHex } from "../base/hash.ts";
import type { FastKernels } from "./kernelModule.ts";
import { fastWasm } from "./kernels/fast.wasm.ts";

/**
 * The kernels that fuse multiply-adds where the machine can: faster, but their bytes depend on the machine. Compile them once and
 * share them between trainers. Nothing of the library imports this file, so a bundle holds them only where they are asked for.
 * @throws TypeError on a platform without WebAssembly's relaxed SIMD, which Node 20 has behind a flag only.
 */
export function compileFastKernels(): FastKernels {
  const bytes = fromHex(fastWasm);
  if (!WebAssembly.validate(bytes)) {
    throw new TypeError(
      'the fast kernels expected WebAssembly relaxed SIMD, which this platform lacks (in Node 20: v8.setFlagsFromString("--experimental-wasm-relaxed-simd") first); use "strict"',
    );
  }
  return { build: "fast", module: new WebAssembly.Module(bytes) };
}
