import type { Arena } from "../../shared/engine/arena.ts";

/**
 * Fills each range that the arena gives out from now on, and all memory after it, with NaN: a kernel that reads what nobody
 * wrote, or what lies beside its arrays, then shows it.
 */
export function poisonArena(arena: Arena): void {
  const allocate = arena.allocate.bind(arena);
  arena.allocate = (numBytes) => {
    const address = allocate(numBytes);
    new Uint8Array(arena.kernels.memory.buffer, address).fill(0xff);
    return address;
  };
}
