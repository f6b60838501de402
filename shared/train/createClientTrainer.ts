import { personalLayout } from "../params/personalLayout.ts";
import type { StrategyPlan } from "../protocol/strategyPlan.ts";
import type { ClientRequest, ClientTrainer, ClientTraining, NamedVectors, OwnRequest } from "./clientHalf.ts";
import { createJudge } from "./createJudge.ts";
import { clientHalfOf } from "./halves/clientHalfOf.ts";
import type { LocalPlan } from "./localPlan.ts";
import type { Evaluation } from "./localTrainer.ts";
import { createTrainingBench, type TrainingBenchOptions } from "./trainingBench.ts";

export interface ClientTrainerOptions extends TrainingBenchOptions {
  readonly plan: LocalPlan;
  readonly strategy: StrategyPlan;
}

const NOTHING: NamedVectors = new Map();
/** The private params among what a client keeps. */
const PERSONAL = "personal";

/**
 * The client's half of any strategy, on one engine: synchronous, the same bytes on every machine. Where nothing but the local
 * training is asked for it is that of `createLocalTrainer`, step for step.
 * @throws RangeError, in words for a person, if the strategy cannot be followed with this model or local plan.
 */
export function createClientTrainer({ plan, strategy, ...options }: ClientTrainerOptions): ClientTrainer {
  const bench = createTrainingBench(options);
  const { spec } = options.model;
  const layout = personalLayout(spec);
  const half = clientHalfOf(strategy, { bench, plan });
  const judge = createJudge(bench);
  const keeps = Object.entries({ ...half.keeps, ...(layout.length > 0 && { [PERSONAL]: layout.length }) });

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

  function start({ heldOut, rng, ...given }: ClientRequest): ClientTraining {
    const round = half.begin(own(given));
    const judged = heldOut && heldOut.length > 0 ? judge.evaluate(round.own, given.data, heldOut) : undefined;
    const training = round.start(rng);
    return {
      stepsTotal: training.stepsTotal,
      run: training.run,
      finish() {
        const { privateParams, kept = NOTHING, parts = NOTHING, metrics, ...update } = training.finish();
        return {
          ...update,
          parts,
          metrics: { trainLoss: update.trainLoss, ...metrics, ...(judged && evaluationMetrics(judged)) },
          kept: layout.length > 0 ? new Map([...kept, [PERSONAL, layout.take(privateParams!)]]) : kept,
        };
      },
    };
  }

  return {
    keeps: keeps.map(([name]) => name),
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

/** What an update says of the rows that its client holds out. */
function evaluationMetrics({ numExamples, loss, numCorrect }: Evaluation): Record<string, number> {
  return { evalExamples: numExamples, evalLoss: loss, ...(numCorrect !== undefined && { evalCorrect: numCorrect }) };
}
