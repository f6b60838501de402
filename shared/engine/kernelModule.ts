import { fromHex } from "../base/hash.ts";
import { strictWasm } from "./kernels/strict.wasm.ts";

/** The build of the kernels that may fuse a multiplication and an addition; `compileFastKernels` makes it. */
export interface FastKernels {
  readonly build: "fast";
  /** Code only, no data: instances and threads can share it. */
  readonly module: WebAssembly.Module;
}

/**
 * Two builds of the same kernels. "strict" rounds every operation alike on every machine: the same training gives the same bytes.
 * The fast one may fuse a multiplication and an addition into one rounding, which depends on the machine. It is a value that comes
 * from elsewhere, so that whoever does not ask for it does not load it.
 */
export type Kernels = "strict" | FastKernels;

/** What the module exports; see kernels/assembly/index.ts. All arguments are byte addresses or counts. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  dataEnd(): number;
  setSource(inputs: number, inputsType: number, targets: number, targetsType: number): void;
  runSteps(code: number, words: number, rows: number, batch: number, steps: number): void;
}

/** Compiled on first use and shared by every instance of this thread: it holds code only, no data. */
let strictModule: WebAssembly.Module | undefined;

/**
 * A fresh instance with a memory of its own. Synchronous: a module is about 36 KB, which every engine compiles on any
 * thread in about a millisecond.
 * @throws TypeError for anything but the two builds.
 */
export function instantiateKernels(kernels: Kernels): KernelExports {
  return new WebAssembly.Instance(moduleOf(kernels)).exports as unknown as KernelExports;
}

function moduleOf(kernels: Kernels): WebAssembly.Module {
  if (kernels === "strict") {
    strictModule ??= new WebAssembly.Module(fromHex(strictWasm));
    return strictModule;
  }
  if (!(kernels.module instanceof WebAssembly.Module)) {
    throw new TypeError(
      `"kernels" expected "strict" or the result of compileFastKernels(), got ${JSON.stringify(kernels)}`,
    );
  }
  return kernels.module;
}
