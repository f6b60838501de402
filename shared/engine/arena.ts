import { assertInteger } from "../base/assert.ts";
import { instantiateKernels, type KernelExports, type Kernels } from "./kernelModule.ts";

const PAGE_BYTES = 65536;
const ALIGNMENT = 64;
/** Kernels may load a whole vector where one element is left, so the memory goes on past the last array. */
const SLACK_BYTES = 64;

/**
 * One WebAssembly memory, given out from the bottom up. WebAssembly memory never shrinks and nothing is given back: drop the arena
 * to free it. Typed arrays over it are made where they are used, because they detach when the memory grows.
 */
export class Arena {
  readonly kernels: KernelExports;
  #top: number;

  constructor({ kernels }: { readonly kernels: Kernels }) {
    this.kernels = instantiateKernels(kernels);
    this.#top = Math.ceil(this.kernels.dataEnd() / ALIGNMENT) * ALIGNMENT;
  }

  /** Address of a fresh range, zeroed, on a cache line of its own. @throws RangeError where the memory cannot grow so far. */
  allocate(numBytes: number): number {
    assertInteger("numBytes", numBytes, 0);
    const address = this.#top;
    const top = Math.ceil((address + numBytes) / ALIGNMENT) * ALIGNMENT;
    const { memory } = this.kernels;
    const missing = top + SLACK_BYTES - memory.buffer.byteLength;
    if (missing > 0) {
      try {
        memory.grow(Math.ceil(missing / PAGE_BYTES));
      } catch (cause) {
        throw new RangeError(
          `engine expected memory for ${numBytes} bytes beside the ${address} that it uses, got none; WebAssembly has 4 GiB at most, this platform may have less`,
          { cause },
        );
      }
    }
    this.#top = top;
    return address;
  }

  /** Live until the next `allocate`. */
  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.kernels.memory.buffer, address, length);
  }

  /** Live until the next `allocate`. */
  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.kernels.memory.buffer, address, length);
  }

  /** Live until the next `allocate`. */
  i32(address: number, length: number): Int32Array {
    return new Int32Array(this.kernels.memory.buffer, address, length);
  }

  /** Live until the next `allocate`. */
  u8(address: number, length: number): Uint8Array {
    return new Uint8Array(this.kernels.memory.buffer, address, length);
  }
}
