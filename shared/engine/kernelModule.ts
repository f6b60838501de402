import { strictWasm } from "./kernels/strict.wasm.ts";

/** What the module exports; see kernels/assembly/index.ts. All arguments are byte addresses or counts. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  setSource(inputs: number, inputsType: number, targets: number, targetsType: number): void;
  runSteps(code: number, words: number, rows: number, batch: number, steps: number): void;
}

/** Compiled on first use and shared by every instance of this thread: it holds code only, no data. */
let compiled: WebAssembly.Module | undefined;

/**
 * A fresh instance with a memory of its own. Synchronous: the module is about 16 KB, which every engine compiles on any
 * thread in about a millisecond.
 */
export function instantiateKernels(): KernelExports {
  compiled ??= new WebAssembly.Module(decodeBase64(strictWasm));
  return new WebAssembly.Instance(compiled).exports as unknown as KernelExports;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
