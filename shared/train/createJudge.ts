import type { Dataset } from "../data/dataset.ts";
import type { Program } from "../engine/instance.ts";
import { buildEvaluationGraph, buildForwardGraph } from "../models/trainingGraph.ts";
import { checkRows, checkTargets } from "./checkRows.ts";
import type { LocalTrainer } from "./localTrainer.ts";
import type { Columns } from "./residentRows.ts";
import { CORRECT_TOTAL, LOSS_TOTAL, memoize, type TrainingBench } from "./trainingBench.ts";

/** Rows judged or predicted in one go, where a step affords so many. */
const EVALUATION_BATCH = 250;

interface RowsToRead {
  readonly params: Float32Array;
  readonly data: Dataset;
  readonly rows?: Uint32Array | undefined;
  readonly columns: Columns;
}

/** What a batch reads of its rows where the loss looks on. */
export function judgedColumns({ model }: TrainingBench): Columns {
  return model.loss.targets(1, model.outputShape) ? "both" : "inputs";
}

/** Evaluates and predicts on a bench; what was being trained on it ends. */
export function createJudge(bench: TrainingBench): Pick<LocalTrainer, "evaluate" | "predict"> {
  const { model, engine, resident, takeTotals } = bench;
  const { input } = model.document;
  const gather = { scale: input.scale, offset: input.offset };
  const totals = [undefined, LOSS_TOTAL, ...(model.loss.numCorrect ? [CORRECT_TOTAL] : [])];
  const columns = judgedColumns(bench);
  const evaluationProgram = memoize((batch) => engine.compile(buildEvaluationGraph(model, batch), { gather, totals }));
  const forwardProgram = memoize((batch) => engine.compile(buildForwardGraph(model, batch), { gather }));

  /** Runs a forward program over the rows, a large batch at a time; `after` sees each batch's outputs. */
  function forEachBatch(
    program: (batch: number) => Program,
    { params, data, rows, columns }: RowsToRead,
    after?: (outputs: Float32Array, firstRow: number) => void,
  ): number {
    const numRows = checkRows(model, data, rows);
    if (columns === "both") checkTargets(model, data, rows);
    bench.begin();
    // Compiled before anything is loaded: compiling may grow the memory.
    const most = affordableBatch(program, Math.min(EVALUATION_BATCH, numRows));
    if (numRows % most > 0) program(numRows % most);
    bench.loadParams(params);
    const ascending = Uint32Array.from({ length: numRows }, (_, i) => i);
    for (let first = 0; first < numRows; first += most) {
      const batch = Math.min(most, numRows - first);
      resident.load(data, columns, (rows ?? ascending).subarray(first, first + batch));
      const orderAddress = bench.loadOrder(ascending.subarray(0, batch));
      const compiled = program(batch);
      engine.run(compiled, orderAddress, batch);
      const { address, length } = compiled.outputs[0]!;
      after?.(engine.arena.f32(address, length), first);
    }
    return numRows;
  }

  return {
    evaluate(params, data, rows) {
      takeTotals();
      const numExamples = forEachBatch(evaluationProgram, { params, data, rows, columns });
      const [loss, numCorrect] = takeTotals();
      return { numExamples, loss: loss / numExamples, ...(model.loss.numCorrect && { numCorrect }) };
    },
    predict(params, data, rows) {
      const numRows = checkRows(model, data, rows);
      const predictions = new Float32Array(numRows * model.outputSize);
      forEachBatch(forwardProgram, { params, data, rows, columns: "inputs" }, (outputs, firstRow) => {
        predictions.set(outputs, firstRow * model.outputSize);
      });
      return predictions;
    },
  };
}

/** The batch, or the half of it, or the half of that, ... whose program can be compiled. */
function affordableBatch(program: (batch: number) => Program, batch: number): number {
  try {
    program(batch);
    return batch;
  } catch (error) {
    if (batch === 1 || !(error instanceof RangeError)) throw error;
    return affordableBatch(program, Math.ceil(batch / 2));
  }
}
