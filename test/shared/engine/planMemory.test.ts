import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FusedGraph, Step, Value, View } from "../../../shared/engine/compile/fusedGraph.ts";
import { type Lifetime, overlaps, planMemory } from "../../../shared/engine/compile/planMemory.ts";
import { denseView } from "../../../shared/engine/compile/views.ts";

/** A random program: each step writes a fresh array from earlier ones; a third of the steps are loops of such steps. */
function buildGraph(sizes: readonly number[], picks: readonly number[]): FusedGraph {
  const known: View[] = [];
  const simple = (i: number): Step => {
    const out = denseView({ id: i, numElements: sizes[i]!, dtype: "f32" }, [sizes[i]!]);
    const inputs = [1, 7].flatMap((stride) => known[picks[i]! % (known.length + stride)] ?? []);
    known.push(out);
    return { kernel: "map", kind: "add", inputs: inputs.length > 0 ? inputs : [out], out };
  };
  const steps: Step[] = [];
  for (let i = 0; i < sizes.length; ) {
    if (picks[i]! % 3 > 0) {
      steps.push(simple(i++));
      continue;
    }
    const body: Step[] = [];
    for (const end = Math.min(i + 3, sizes.length); i < end; i++) body.push(simple(i));
    steps.push({ kernel: "loop", loop: steps.length, trips: 2, body });
  }
  return { steps, inputs: new Map(), outputs: known.slice(-2) };
}

/** The places as they are described: the neighbours of each value are looked for and sorted anew. */
function placesOf(lifetimes: ReadonlyMap<Value, Lifetime>): Map<Value, number> {
  const placed: { readonly value: Value; readonly start: number; readonly end: number }[] = [];
  for (const value of [...lifetimes.keys()].sort((a, b) => b.numElements - a.numElements || a.id - b.id)) {
    const size = Math.ceil(value.numElements / 16) * 64;
    const neighbours = placed
      .filter((other) => overlaps(lifetimes.get(value)!, lifetimes.get(other.value)!))
      .sort((a, b) => a.start - b.start);
    let start = 0;
    for (const other of neighbours) {
      if (other.start - start >= size) break;
      start = Math.max(start, other.end);
    }
    placed.push({ value, start, end: start + size });
  }
  return new Map(placed.map(({ value, start }) => [value, start]));
}

describe("planMemory", () => {
  it("gives each array the lowest place where it fits, largest first", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(1000)), { minLength: 1, maxLength: 60 }),
        (drawn) => {
          const sizes = drawn.map(([size]) => size);
          const picks = drawn.map(([, pick]) => pick);
          const { offsets, lifetimes } = planMemory(buildGraph(sizes, picks));
          expect(offsets).toEqual(placesOf(lifetimes));
        },
      ),
      { seed: 20261126, numRuns: 300 },
    );
  });

  it("never gives two arrays that are alive at once the same bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(1000)), { minLength: 1, maxLength: 30 }),
        (drawn) => {
          const graph = buildGraph(
            drawn.map(([size]) => size),
            drawn.map(([, pick]) => pick),
          );
          const { offsets, workspaceBytes, lifetimes } = planMemory(graph);
          const placed = [...offsets].map(([value, start]) => ({
            start,
            end: start + 4 * value.numElements,
            life: lifetimes.get(value)!,
          }));
          expect(placed).toHaveLength(drawn.length);
          placed.forEach((a, i) => {
            expect(a.start % 64).toBe(0);
            expect(a.end).toBeLessThanOrEqual(workspaceBytes);
            for (const b of placed.slice(i + 1)) {
              if (overlaps(a.life, b.life)) expect(a.end <= b.start || b.end <= a.start).toBe(true);
            }
          });
        },
      ),
      { seed: 20261123, numRuns: 300 },
    );
  });

  it("keeps what a loop shares with the outside through every trip", () => {
    const value = (id: number): View => denseView({ id, numElements: 8, dtype: "f32" }, [8]);
    const [before, inside, result] = [value(0), value(1), value(2)];
    const copy = (x: View, out: View): Step => ({ kernel: "map", kind: "copy", inputs: [x], out });
    const { lifetimes, offsets } = planMemory({
      steps: [
        copy(before!, before!),
        { kernel: "loop", loop: 0, trips: 3, body: [copy(before!, inside!), copy(inside!, result!)] },
      ],
      inputs: new Map(),
      outputs: [result!],
    });
    // Positions: 0 the copy, 1 the loop, 2 and 3 its body, 4 its end, 5 the outputs.
    expect(lifetimes.get(before!.value)).toEqual({ first: 0, last: 4 });
    expect(lifetimes.get(inside!.value)).toEqual({ first: 2, last: 3 });
    expect(lifetimes.get(result!.value)).toEqual({ first: 1, last: 5 });
    expect(new Set(offsets.values()).size).toBe(3);
  });

  it("uses a place again when its array is dead", () => {
    const views = [0, 1, 2, 3].map((id) => denseView({ id, numElements: 16, dtype: "f32" }, [16]));
    const steps = views.slice(1).map((out, i): Step => ({ kernel: "map", kind: "neg", inputs: [views[i]!], out }));
    expect(planMemory({ steps, inputs: new Map(), outputs: [views[3]!] }).workspaceBytes).toBe(2 * 64);
  });
});
