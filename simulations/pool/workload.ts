import { createRng } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import type { ModelDocument } from "../../shared/models/modelDocument.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { Evaluation, LocalTrainer, LocalUpdate } from "../../shared/train/localTrainer.ts";

/** Everything that decides the result of a job. Cloned to each worker; arrays in shared memory are not copied. */
export interface Workload {
  readonly seed: number;
  readonly model: ModelDocument;
  readonly plan: LocalPlan;
  readonly train: Dataset;
  readonly test?: Dataset;
  /** Rows of `train` by client: client c owns rows[rowStarts[c] .. rowStarts[c + 1] - 1]. */
  readonly rows: Uint32Array;
  readonly rowStarts: Uint32Array;
}

/** Examples a piece of an evaluation covers. Fixed, so that the sum of the pieces does not depend on the workers. */
const PIECE = 1000;

/** The sum over one piece of the test set. */
export interface EvaluatedPiece {
  readonly lossSum: number;
  /** Absent for regression. */
  readonly numCorrect?: number;
}

function rowsOf({ rows, rowStarts }: Workload, client: number): Uint32Array {
  return rows.subarray(rowStarts[client], rowStarts[client + 1]);
}

/** Trains one client in one round. The order of its examples depends on the seed, the round and the client alone. */
export function trainClient(
  trainer: LocalTrainer,
  workload: Workload,
  params: Float32Array,
  { client, round }: { readonly client: number; readonly round: number },
): LocalUpdate {
  const rng = createRng(workload.seed, "local", round, client);
  return trainer.train({ params, data: workload.train, rows: rowsOf(workload, client), rng });
}

export function numPieces(test: Dataset): number {
  return Math.ceil(test.numExamples / PIECE);
}

export function evaluatePiece(
  trainer: LocalTrainer,
  test: Dataset,
  params: Float32Array,
  piece: number,
): EvaluatedPiece {
  const from = piece * PIECE;
  const size = Math.min(PIECE, test.numExamples - from);
  const rows = Uint32Array.from({ length: size }, (_, i) => from + i);
  const { loss, numCorrect } = trainer.evaluate(params, test, rows);
  return numCorrect === undefined ? { lossSum: loss * size } : { lossSum: loss * size, numCorrect };
}

/** The evaluation of the whole test set from its pieces, added in their order. */
export function sumPieces(pieces: readonly EvaluatedPiece[], numExamples: number): Evaluation {
  let lossSum = 0;
  let numCorrect: number | undefined = 0;
  for (const piece of pieces) {
    lossSum += piece.lossSum;
    numCorrect = piece.numCorrect === undefined || numCorrect === undefined ? undefined : numCorrect + piece.numCorrect;
  }
  const loss = lossSum / numExamples;
  return numCorrect === undefined ? { numExamples, loss } : { numExamples, loss, numCorrect };
}
