import { fastWasm } from "./kernels/fast.wasm.ts";
import { strictWasm } from "./kernels/strict.wasm.ts";

/**
 * Two builds of the same kernels. "strict" rounds every operation alike on every machine: the same training gives the same bytes.
 * "fast" may fuse a multiplication and an addition into one rounding, which depends on the machine.
 */
export type KernelBuild = "strict" | "fast";

/** What the module exports; see kernels/assembly/index.ts. All arguments are byte addresses or counts. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  dataEnd(): number;
  setSource(inputs: number, inputsType: number, targets: number, targetsType: number): void;
  runSteps(code: number, words: number, rows: number, batch: number, steps: number): void;
}

const builds: Readonly<Record<KernelBuild, string>> = { strict: strictWasm, fast: fastWasm };

/** Compiled on first use and shared by every instance of this thread: they hold code only, no data. */
const compiled = new Map<KernelBuild, WebAssembly.Module>();

/** Whether this platform runs the build: "fast" needs WebAssembly's relaxed SIMD, which Node 20 has behind a flag only. */
export function hasKernelBuild(build: KernelBuild): boolean {
  return compiled.has(build) || WebAssembly.validate(decodeBase64(builds[build]));
}

/**
 * A fresh instance with a memory of its own. Synchronous: a module is about 23 KB, which every engine compiles on any
 * thread in about a millisecond.
 * @throws TypeError for a build that this platform does not run.
 */
export function instantiateKernels(build: KernelBuild): KernelExports {
  if (!hasKernelBuild(build)) {
    throw new TypeError(
      `"kernels" expected a build that this platform runs, got "${build}", which needs WebAssembly relaxed SIMD (in Node 20: v8.setFlagsFromString("--experimental-wasm-relaxed-simd") first); use "strict"`,
    );
  }
  const module = compiled.get(build) ?? new WebAssembly.Module(decodeBase64(builds[build]));
  compiled.set(build, module);
  return new WebAssembly.Instance(module).exports as unknown as KernelExports;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
