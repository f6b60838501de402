import fc from "fast-check";
import { it } from "vitest";
import { EngineInstance } from "../../../shared/engine/instance.ts";
import { runReference } from "../../../shared/engine/reference/runReference.ts";
import type { Tensor } from "../../../shared/graph/tensor.ts";
import { expectClose } from "../../support/expectClose.ts";
import { poisonArena } from "../../support/poisonArena.ts";
import { buildWorld, inputKey, type World } from "../../support/randomGraphs/buildWorld.ts";
import { type WorldRecipe, world } from "../../support/randomGraphs/recipe.ts";

/** More cases, others: RANDOM_GRAPHS=20000 RANDOM_GRAPHS_SEED=7 npx vitest run test/shared/engine/randomGraphs.test.ts */
const NUM_RUNS = Number(process.env.RANDOM_GRAPHS ?? 150);
const SEED = Number(process.env.RANDOM_GRAPHS_SEED ?? 20261126);

/** Beyond it the gradients' sums may not be exact, and cancel. */
const LARGEST_GRADIENT = 2 ** 18;

/** Runs the programs in turn on one engine and on the twin: outputs, and every input after each run, to the last bit. */
function runBoth({ programs, values }: World, schedule: WorldRecipe["schedule"]): void {
  const engine = new EngineInstance();
  poisonArena(engine.arena);
  const compiled = programs.map(({ graph }) => engine.compile(graph));
  const state = new Map(values);
  const addresses = new Map<string, { readonly address: number; readonly length: number }>();
  programs.forEach(({ graph }, i) => {
    for (const input of graph.inputs) {
      addresses.set(inputKey(input), compiled[i]!.inputs.get(String(input.attributes.name))!);
    }
  });
  const read = ({ address, length }: { readonly address: number; readonly length: number }): Float32Array =>
    engine.arena.f32(address, length).slice();
  for (const [key, { address, length }] of addresses) engine.arena.f32(address, length).set(state.get(key)!);

  schedule.forEach(([number, steps], turn) => {
    const index = number % programs.length;
    const { graph, numExact } = programs[index]!;
    const label = `turn ${turn}, program ${index}`;
    let expected: readonly ArrayLike<number>[] = [];
    for (let step = 0; step < steps; step++) {
      const feeds = Object.fromEntries(
        graph.inputs.map((input) => [input.attributes.name, state.get(inputKey(input))!]),
      );
      const result = runReference(graph, feeds);
      expected = result.outputs;
      graph.updates.forEach(({ target }: { target: Tensor }, i) => {
        state.set(inputKey(target), Float32Array.from(result.updates[i]!));
      });
    }
    engine.run(compiled[index]!, 0, 0, steps);
    expected.forEach((values, i) => {
      const actual = read(compiled[index]!.outputs[i]!);
      if (i < numExact) {
        expectSame(actual, values, `${label}, output ${i} (${graph.outputs[i]!.op})`);
      } else {
        const largest = Math.max(...Array.from(values, Math.abs));
        if (largest < LARGEST_GRADIENT)
          expectClose(actual, values, { tolerance: 0, label: `${label}, gradient ${i - numExact}` });
      }
    });
    for (const [key, array] of addresses) expectSame(read(array), state.get(key)!, `${label}, input ${key} afterwards`);
  });
}

function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>, label: string): void {
  expectClose(actual, expected, { tolerance: 0, label });
}

it("random programs of all ops give the twin's values to the last bit, one after another on one engine", {
  timeout: 400 * NUM_RUNS,
}, () => {
  fc.assert(
    fc.property(world, (recipe) => runBoth(buildWorld(recipe), recipe.schedule)),
    { seed: SEED, numRuns: NUM_RUNS },
  );
});
