import type { FusedGraph, Step, Value } from "./fusedGraph.ts";
import { viewsOf } from "./fusedGraph.ts";

/** Where each value computed by the steps lives, in bytes from the start of the workspace. */
export interface MemoryPlan {
  readonly offsets: ReadonlyMap<Value, number>;
  readonly workspaceBytes: number;
  /** First and last position at which each value is needed, inclusive; for tests and for printing. */
  readonly lifetimes: ReadonlyMap<Value, Lifetime>;
}

export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

/** A cache line; and a kernel that loads a last, partial vector stays within its own array's slack or its neighbour's. */
const ALIGNMENT = 64;

/**
 * Gives each computed value a place that no other value uses while both are alive: largest first, each at the lowest
 * address that fits. Source: Pisarchyk and Lee 2020, "Greedy by Size for Offset Calculation", arXiv:2001.03288.
 */
export function planMemory(fused: FusedGraph): MemoryPlan {
  const lifetimes = findLifetimes(fused);
  const placed: { readonly value: Value; readonly start: number; readonly end: number }[] = [];
  const offsets = new Map<Value, number>();
  const bySize = [...lifetimes.keys()].sort((a, b) => b.numElements - a.numElements || a.id - b.id);
  for (const value of bySize) {
    const size = Math.ceil((value.numElements * 4) / ALIGNMENT) * ALIGNMENT;
    const life = lifetimes.get(value)!;
    const neighbours = placed
      .filter((other) => overlaps(life, lifetimes.get(other.value)!))
      .sort((a, b) => a.start - b.start);
    let start = 0;
    for (const other of neighbours) {
      if (other.start - start >= size) break;
      start = Math.max(start, other.end);
    }
    placed.push({ value, start, end: start + size });
    offsets.set(value, start);
  }
  return { offsets, workspaceBytes: placed.reduce((top, { end }) => Math.max(top, end), 0), lifetimes };
}

export function overlaps(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

/** Positions number the steps in the order of execution, a loop's body within its loop. */
function findLifetimes({ steps, outputs }: FusedGraph): Map<Value, Lifetime> {
  const lifetimes = new Map<Value, Lifetime>();
  const extend = (value: Value, first: number, last: number): void => {
    if (value.input !== undefined || value.constant !== undefined || value.literal !== undefined) return;
    const known = lifetimes.get(value);
    lifetimes.set(value, { first: Math.min(first, known?.first ?? first), last: Math.max(last, known?.last ?? last) });
  };
  const loops: Lifetime[] = [];
  let position = 0;
  const walk = (list: readonly Step[]): void => {
    for (const step of list) {
      if (step.kernel === "loop") {
        const first = position++;
        walk(step.body);
        loops.push({ first, last: position++ });
      } else {
        for (const { value } of viewsOf(step)) extend(value, position, position);
        position++;
      }
    }
  };
  walk(steps);
  for (const { value } of outputs) extend(value, position, position);
  // What a loop shares with the outside must live through every trip. Inner loops come first.
  for (const loop of loops) {
    for (const [value, life] of lifetimes) {
      const isLocal = life.first > loop.first && life.last < loop.last;
      if (!isLocal && overlaps(life, loop)) extend(value, loop.first, loop.last);
    }
  }
  return lifetimes;
}
