import type { StepLimits } from "../engine/compile/assertAffordable.ts";
import { EngineInstance, type Program } from "../engine/instance.ts";
import type { Kernels } from "../engine/kernelModule.ts";
import type { Model } from "../models/model.ts";
import { assertNumParams } from "../params/assertNumParams.ts";
import { ResidentRows } from "./residentRows.ts";

export interface TrainingBenchOptions {
  readonly model: Model;
  /**
   * "strict" (when absent) gives the same bytes on every machine; those of `compileFastKernels` fuse multiply-adds where the
   * machine can.
   */
  readonly kernels?: Kernels;
  /** What one step may need; 1 GiB of workspace and some minutes of work when absent. */
  readonly limits?: StepLimits;
}

/** Vectors in the form of the params that a training graph reads beside them, by the prefix of their inputs. */
export type BesideParams = "anchor" | "correction" | "previous";

/** f64 totals of a program: the losses, and the examples that are right. */
export const LOSS_TOTAL = 0;
export const CORRECT_TOTAL = 1;

/**
 * The memory that a model is trained and judged in: one engine, its params and the rows of one client. Trainers of one
 * model that take turns (the phases of a round) share it; what one of them begins ends what another left unfinished.
 */
export interface TrainingBench {
  readonly model: Model;
  readonly engine: EngineInstance;
  readonly resident: ResidentRows;
  /** Address of the params, [spec.length]. */
  readonly paramsAddress: number;
  loadParams(params: Float32Array): void;
  /** Makes room for a vector [spec.length] whose entries are the inputs "<prefix>.<entry>", before they are compiled. */
  reserve(prefix: BesideParams): void;
  /** All of the vector or its first elements, the shared ones. @throws TypeError unless there is room for it. */
  loadBeside(prefix: BesideParams, values: Float32Array): void;
  /** Row numbers, for programs to gather by: their address. */
  loadOrder(rows: Uint32Array): number;
  /** Reads and clears the f64 totals. */
  takeTotals(): readonly [loss: number, correct: number];
  /** Ends the work in progress, and begins another: the function throws once this one has ended too. */
  begin(): () => void;
}

export function createTrainingBench({ model, kernels = "strict", limits }: TrainingBenchOptions): TrainingBench {
  const { spec } = model;
  const engine = new EngineInstance({ kernels, ...(limits && { limits }) });
  const { arena } = engine;
  const beside = new Map<BesideParams, number>();
  let order = { address: 0, length: 0 };
  let current: object | undefined;

  function allocate(prefix: string): number {
    const address = arena.allocate(4 * spec.length);
    for (const { name, offset, length } of spec.entries) {
      engine.bind(`${prefix}.${name}`, { address: address + 4 * offset, length });
    }
    return address;
  }

  const paramsAddress = allocate("params");
  return {
    model,
    engine,
    resident: new ResidentRows(arena),
    paramsAddress,
    loadParams(params) {
      assertNumParams("params", params, spec.length);
      arena.f32(paramsAddress, spec.length).set(params);
    },
    reserve(prefix) {
      if (!beside.has(prefix)) beside.set(prefix, allocate(prefix));
    },
    loadBeside(prefix, values) {
      const address = beside.get(prefix);
      if (address === undefined) throw new TypeError(`"${prefix}" expected room reserved for it before it is loaded`);
      arena.f32(address, spec.length).set(values);
    },
    loadOrder(rows) {
      if (rows.length > order.length) order = { address: arena.allocate(4 * rows.length), length: rows.length };
      arena.i32(order.address, rows.length).set(rows);
      return order.address;
    },
    takeTotals() {
      const totals = arena.f64(engine.totalsAddress, 2);
      const taken = [totals[LOSS_TOTAL]!, totals[CORRECT_TOTAL]!] as const;
      totals.fill(0);
      return taken;
    },
    begin() {
      const token = {};
      current = token;
      return () => {
        if (current !== token) throw new TypeError("this training ended when its trainer was used for something else");
      };
    },
  };
}

/** Compiles a program for each size of batch once. */
export function memoize(compile: (batch: number) => Program): (batch: number) => Program {
  const programs = new Map<number, Program>();
  return (batch) => {
    const known = programs.get(batch);
    if (known) return known;
    try {
      const compiled = compile(batch);
      programs.set(batch, compiled);
      return compiled;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new RangeError(`batch of ${batch}: ${error.message}`, { cause: error });
    }
  };
}
