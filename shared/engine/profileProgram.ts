import { countFlops } from "./countFlops.ts";
import { stepDescriber } from "./explainProgram.ts";
import type { EngineInstance, Program } from "./instance.ts";

export interface ProfiledStep {
  /** The kernel call, in the words of `explainProgram`. */
  readonly step: string;
  /** Mean time of one run, in milliseconds. */
  readonly meanMs: number;
  /** Floating-point operations of one run. */
  readonly flops: number;
}

export interface ProfileOptions {
  /** Reads milliseconds; the finer the better. */
  readonly now: () => number;
  /** Runs of the whole program that are averaged; 20 when absent. */
  readonly runs?: number;
  /** Address of the row numbers and their count, for a program that gathers its batch. */
  readonly rowsAddress?: number;
  readonly batch?: number;
}

/**
 * Time per instruction of a program: runs it instruction by instruction, crossing into WebAssembly for each, so the whole takes
 * a little longer than it does in one go. Params and state move as in any run. A loop counts as one instruction.
 */
export function profileProgram(engine: EngineInstance, program: Program, options: ProfileOptions): ProfiledStep[] {
  const { now, runs = 20, rowsAddress = 0, batch = 0 } = options;
  const { codeAddress, numWords, fused } = program;
  const code = engine.arena.i32(codeAddress, numWords);
  const starts: number[] = [];
  for (let word = 0; word < numWords; word += code[word + 1]!) starts.push(word);
  const total = new Float64Array(starts.length);
  for (let run = 0; run < runs; run++) {
    for (const [i, start] of starts.entries()) {
      const begunAt = now();
      engine.run({ ...program, codeAddress: codeAddress + 4 * start, numWords: code[start + 1]! }, rowsAddress, batch);
      total[i]! += now() - begunAt;
    }
  }
  const describe = stepDescriber(fused);
  return fused.steps.map((step, i) => ({ step: describe(step), meanMs: total[i]! / runs, flops: countFlops(step) }));
}
