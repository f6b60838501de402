/** One source of shared/engine/kernels/assembly, compiled by itself: its functions, and a memory of 16 MiB that starts as noise. */
export interface KernelSource {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  call(name: string, ...operands: readonly number[]): void;
}

const NUM_PAGES = 256;

/** Compiles the strict build of one file. Addresses below 64 KiB belong to its static data. */
export async function loadKernelSource(source: string): Promise<KernelSource> {
  const build: { compileKernels(kind: string, source: string): Promise<Uint8Array<ArrayBuffer>> } = await import(
    new URL("../../scripts/buildKernels.mjs", import.meta.url).href
  );
  const { instance } = await WebAssembly.instantiate(await build.compileKernels("strict", source));
  const exports = instance.exports as Record<string, unknown> & { readonly memory: WebAssembly.Memory };
  const { memory } = exports;
  memory.grow(NUM_PAGES);
  return {
    f32: new Float32Array(memory.buffer),
    i32: new Int32Array(memory.buffer),
    call: (name, ...operands) => (exports[name] as (...operands: readonly number[]) => void)(...operands),
  };
}
