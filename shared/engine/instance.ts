import { numElements } from "../graph/shape.ts";
import type { Graph } from "../graph/tensor.ts";
import { Arena } from "./arena.ts";
import { assertAffordable, STEP_LIMITS, type StepLimits } from "./compile/assertAffordable.ts";
import { assertWithinArrays } from "./compile/assertWithinArrays.ts";
import { encodeProgram } from "./compile/encodeProgram.ts";
import { type FuseOptions, fuse } from "./compile/fuse.ts";
import type { FusedGraph, Value } from "./compile/fusedGraph.ts";
import { planMemory } from "./compile/planMemory.ts";
import type { Kernels } from "./kernelModule.ts";

/** A compiled graph within one arena. */
export interface Program {
  readonly fused: FusedGraph;
  readonly codeAddress: number;
  readonly numWords: number;
  /** Where the graph's outputs are after a step. */
  readonly outputs: readonly ArenaArray[];
  /** Where the graph's inputs are read, and updates written. */
  readonly inputs: ReadonlyMap<string, ArenaArray>;
}

export interface ArenaArray {
  readonly address: number;
  readonly length: number;
}

export interface EngineOptions {
  /** "strict" when absent. */
  readonly kernels?: Kernels;
  /** `STEP_LIMITS` when absent. */
  readonly limits?: StepLimits;
}

/** f64 totals that live across steps. */
export const NUM_TOTALS = 4;

/**
 * An arena and the programs in it. Graph inputs of one name and size share their storage between programs, so that the
 * programs of a full batch, of a short last batch and of evaluation work on the same params; the workspace is shared too,
 * because one program runs at a time.
 */
export class EngineInstance {
  readonly arena: Arena;
  readonly totalsAddress: number;
  /** Storage of inputs, by name and length. */
  readonly #shared = new Map<string, ArenaArray>();
  readonly #limits: StepLimits;
  #workspace = { address: 0, numBytes: 0 };

  constructor({ kernels = "strict", limits = STEP_LIMITS }: EngineOptions = {}) {
    this.#limits = limits;
    this.arena = new Arena({ kernels });
    this.totalsAddress = this.arena.allocate(8 * NUM_TOTALS);
  }

  /** Reserves storage for a named input: `length` elements at `address`. */
  bind(name: string, array: ArenaArray): void {
    this.#shared.set(`${name} ${array.length}`, array);
  }

  /** @throws RangeError if a step of the program would need more than the limits, or than there is memory. */
  compile(graph: Graph, options: FuseOptions = {}): Program {
    const fused = fuse(graph, options);
    const plan = planMemory(fused);
    assertAffordable(fused, plan.workspaceBytes, this.#limits);
    assertWithinArrays(fused);
    const inputs = new Map([...fused.inputs].map(([name, value]) => [name, this.#inputStorage(name, value)]));
    const workspace = this.#reserveWorkspace(plan.workspaceBytes);
    const constants = new Map<number, number>();
    const literals = new Map<Value, number>();
    const placeLiteral = (value: Value, values: readonly number[]): number => {
      const address = this.arena.allocate(4 * values.length);
      const storage =
        value.dtype === "i32" ? this.arena.i32(address, values.length) : this.arena.f32(address, values.length);
      storage.set(values);
      literals.set(value, address);
      return address;
    };

    const addressOf = (value: Value): number => {
      if (value.input !== undefined) return inputs.get(value.input)!.address;
      if (value.literal !== undefined) return literals.get(value) ?? placeLiteral(value, value.literal);
      if (value.constant === undefined) return workspace + plan.offsets.get(value)!;
      const known = constants.get(value.constant) ?? this.#constant(value.constant);
      constants.set(value.constant, known);
      return known;
    };
    const words = encodeProgram(fused.steps, { addressOf, totalAddress: (total) => this.totalsAddress + 8 * total });
    const codeAddress = this.arena.allocate(words.byteLength);
    this.arena.i32(codeAddress, words.length).set(words);
    const outputs = fused.outputs.map(({ value, offset, shape }) => ({
      address: addressOf(value) + 4 * offset,
      length: numElements(shape),
    }));
    return { fused, codeAddress, numWords: words.length, outputs, inputs };
  }

  /** Runs `steps` batches of `batch` rows, whose row numbers lie at `rowsAddress`. */
  run({ codeAddress, numWords }: Program, rowsAddress = 0, batch = 0, steps = 1): void {
    this.arena.kernels.runSteps(codeAddress, numWords, rowsAddress, batch, steps);
  }

  /** One that is too small stays with the programs that use it; growing by half at least bounds what is left behind. */
  #reserveWorkspace(numBytes: number): number {
    if (numBytes > this.#workspace.numBytes) {
      const grown = Math.min(Math.ceil(1.5 * this.#workspace.numBytes), this.#limits.workspaceBytes);
      const size = Math.max(numBytes, grown);
      this.#workspace = { address: this.arena.allocate(size), numBytes: size };
    }
    return this.#workspace.address;
  }

  #inputStorage(name: string, { numElements }: Value): ArenaArray {
    const known = this.#shared.get(`${name} ${numElements}`);
    if (known) return known;
    const array = { address: this.arena.allocate(4 * numElements), length: numElements };
    this.bind(name, array);
    return array;
  }

  #constant(value: number): number {
    const address = this.arena.allocate(4);
    this.arena.f32(address, 1)[0] = value;
    return address;
  }
}
