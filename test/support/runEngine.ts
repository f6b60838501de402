import type { FuseOptions } from "../../shared/engine/compile/fuse.ts";
import { EngineInstance } from "../../shared/engine/instance.ts";
import type { Kernels } from "../../shared/engine/kernelModule.ts";
import type { ReferenceResult } from "../../shared/engine/reference/runReference.ts";
import type { Graph } from "../../shared/graph/tensor.ts";
import { poisonArena } from "./poisonArena.ts";

/** Runs a graph once on the WebAssembly engine, with the arguments and the result of `runReference`. */
export function runEngine(
  graph: Graph,
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  options: FuseOptions = {},
  kernels: Kernels = "strict",
): ReferenceResult {
  const engine = new EngineInstance({ kernels });
  poisonArena(engine.arena);
  const program = engine.compile(graph, options);
  for (const { attributes, dtype } of graph.inputs) {
    const name = String(attributes.name);
    const { address, length } = program.inputs.get(name)!;
    const storage = dtype === "i32" ? engine.arena.i32(address, length) : engine.arena.f32(address, length);
    storage.set(feeds[name]!);
  }
  engine.run(program);
  const read = (array: { readonly address: number; readonly length: number }): Float32Array =>
    engine.arena.f32(array.address, array.length).slice();
  return {
    outputs: program.outputs.map(read),
    updates: graph.updates.map(({ target }) => read(program.inputs.get(String(target.attributes.name))!)),
  };
}
