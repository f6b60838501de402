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
  /** By address, ascending. */
  const placed: Place[] = [];
  const offsets = new Map<Value, number>();
  let workspaceBytes = 0;
  const bySize = [...lifetimes].sort(([a], [b]) => b.numElements - a.numElements || a.id - b.id);
  for (const [value, { first, last }] of bySize) {
    const size = Math.ceil((value.numElements * 4) / ALIGNMENT) * ALIGNMENT;
    let start = 0;
    // Every pair of values meets here once, so this is the part that a graph of thousands of steps waits for.
    for (const other of placed) {
      if (other.first > last || first > other.last) continue;
      if (other.start - start >= size) break;
      if (other.end > start) start = other.end;
    }
    const end = start + size;
    placed.splice(firstAtOrAbove(placed, start), 0, { start, end, first, last });
    offsets.set(value, start);
    workspaceBytes = Math.max(workspaceBytes, end);
  }
  return { offsets, workspaceBytes, lifetimes };
}

interface Place extends Lifetime {
  readonly start: number;
  readonly end: number;
}

/** Index of the first place that starts at the address or above it, by bisection. */
function firstAtOrAbove(placed: readonly Place[], address: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle]!.start < address) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function overlaps(a: Lifetime, b: Lifetime): boolean {
  return a.first <= b.last && b.first <= a.last;
}

interface Loop {
  readonly first: number;
  last: number;
  readonly depth: number;
  readonly outer: Loop | undefined;
}

/** Positions number the steps in the order of execution, a loop's body within its loop. */
function findLifetimes({ steps, outputs }: FusedGraph): Map<Value, Lifetime> {
  const lifetimes = new Map<Value, Lifetime>();
  const extend = (value: Value, first: number, last: number): void => {
    if (value.input !== undefined || value.constant !== undefined || value.literal !== undefined) return;
    const known = lifetimes.get(value);
    lifetimes.set(value, { first: Math.min(first, known?.first ?? first), last: Math.max(last, known?.last ?? last) });
  };
  /** The innermost loop around each position. */
  const around: (Loop | undefined)[] = [];
  let position = 0;
  const walk = (list: readonly Step[], outer: Loop | undefined): void => {
    for (const step of list) {
      if (step.kernel === "loop") {
        const loop = { first: position++, last: 0, depth: (outer?.depth ?? 0) + 1, outer };
        walk(step.body, loop);
        loop.last = position++;
      } else {
        around[position] = outer;
        for (const { value } of viewsOf(step)) extend(value, position, position);
        position++;
      }
    }
  };
  walk(steps, undefined);
  for (const { value } of outputs) extend(value, position, position);
  // What a loop shares with the outside must live through every trip: from the start of the outermost loop around its first
  // use that is not around its last use too, to the end of the outermost around its last that is not around its first.
  for (const [value, { first, last }] of lifetimes) {
    let [start, end] = [around[first], around[last]];
    while (start !== end) {
      const [startDepth, endDepth] = [start?.depth ?? 0, end?.depth ?? 0];
      if (startDepth >= endDepth) {
        extend(value, start!.first, last);
        start = start!.outer;
      }
      if (endDepth >= startDepth) {
        extend(value, first, end!.last);
        end = end!.outer;
      }
    }
  }
  return lifetimes;
}
