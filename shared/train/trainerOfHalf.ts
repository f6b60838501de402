import type { Dataset } from "../data/dataset.ts";
import { personalLayout } from "../params/personalLayout.ts";
import type { ClientRequest, ClientTrainer, ClientTraining, NamedVectors, OwnRequest } from "./clientHalf.ts";
import { createJudge } from "./createJudge.ts";
import type { ClientHalf } from "./halves/half.ts";
import type { TrainingBench } from "./trainingBench.ts";

export interface TrainerOfHalfOptions {
  /** The one that the half trains on. */
  readonly bench: TrainingBench;
  /** Gives the part "evaluation", what else an update says of params on the rows held out (none: no rows). */
  readonly evaluate?: EvaluateRows | undefined;
}

export type EvaluateRows = (params: Float32Array, data: Dataset, rows: Uint32Array) => Float32Array;

/** What an update says of the rows that its client holds out. */
interface HeldOutEvaluation {
  readonly figures?: Readonly<Record<string, number>> | undefined;
  readonly part?: Float32Array;
}

const NOTHING: NamedVectors = new Map();
const NO_ROWS = new Uint32Array();
/** The private params among what a client keeps. */
const PERSONAL = "personal";
const EVALUATION = "evaluation";

/**
 * A client's trainer from what its strategy asks of clients: private params, rows held out and what is kept are the same for
 * all of them.
 */
export function trainerOfHalf(half: ClientHalf, { bench, evaluate }: TrainerOfHalfOptions): ClientTrainer {
  const { spec } = bench.model;
  const layout = personalLayout(spec);
  const judge = createJudge(bench);
  const keeps = new Map(Object.entries(half.keeps));
  if (layout.length > 0) keeps.set(PERSONAL, layout.length);

  /** The request with the client's own private params. @throws RangeError if what it kept is another model's. */
  function own<R extends OwnRequest>(request: R): R {
    if (request.kept.size === 0) return request;
    for (const [name, length] of keeps) {
      const vector = request.kept.get(name);
      if (vector && vector.length !== length) {
        throw new RangeError(
          `"${name}" of what this client kept expected ${length} elements, got ${vector.length}; it is of another model`,
        );
      }
    }
    const personal = layout.length > 0 ? request.kept.get(PERSONAL) : undefined;
    if (personal === undefined) return request;
    const params = request.params.slice();
    layout.place(params, personal);
    return { ...request, params };
  }

  /** How good params are on the rows held out, before the round trains. */
  function judgeHeldOut(params: Float32Array, data: Dataset, heldOut: Uint32Array = NO_ROWS): HeldOutEvaluation {
    const judged = heldOut.length > 0 ? judge.evaluate(params, data, heldOut) : undefined;
    const figures = judged && {
      evalExamples: judged.numExamples,
      evalLoss: judged.loss,
      ...(judged.numCorrect !== undefined && { evalCorrect: judged.numCorrect }),
    };
    return { figures, ...(evaluate && { part: evaluate(params, data, heldOut) }) };
  }

  function start({ heldOut, rng, ...given }: ClientRequest): ClientTraining {
    const round = half.begin(own(given));
    const { figures, part } = judgeHeldOut(round.own, given.data, heldOut);
    const training = round.start(rng);
    return {
      stepsTotal: training.stepsTotal,
      run: training.run,
      finish() {
        const { privateParams, kept = NOTHING, parts = NOTHING, metrics, ...update } = training.finish();
        return {
          ...update,
          parts: part ? new Map([...parts, [EVALUATION, part]]) : parts,
          metrics: { trainLoss: update.trainLoss, ...metrics, ...figures },
          kept: layout.length > 0 ? new Map([...kept, [PERSONAL, layout.take(privateParams!)]]) : kept,
        };
      },
    };
  }

  return {
    keeps,
    compile: half.compile,
    start,
    train(request) {
      const training = start(request);
      training.run(training.stepsTotal);
      return training.finish();
    },
    ownParams: (request) => half.begin(own(request)).own,
    ...judge,
  };
}
