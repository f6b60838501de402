import type { ParamsEntry } from "../../params/paramsSpec.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import type { ClientHalf, HalfOptions } from "./half.ts";
import { inTurn } from "./inTurn.ts";

export interface FedRepHalfOptions extends HalfOptions {
  /** Passes over the data that train the head, >= 1. */
  readonly headEpochs: number;
}

/**
 * FedRep: the client trains its private params (the head) with the received ones as they are, then for the plan's epochs the
 * shared ones with the head as it is. The loss it reports is that of the second part.
 * Source: Collins et al. 2021, Algorithm 1, arXiv:2102.07078.
 * @throws RangeError for a model without trainable params of both kinds.
 */
export function fedRepHalf({ bench, plan, headEpochs }: FedRepHalfOptions): ClientHalf {
  const { spec, document } = bench.model;
  const isTrained = (wanted: ParamsEntry["scope"]): boolean =>
    spec.entries.some(({ scope, kind }) => scope === wanted && kind === "trainable");
  if (!isTrained("private") || !isTrained("shared")) {
    throw new RangeError(
      `fedrep expected a model with private params (the head) beside shared ones, got "${document.name}" without ` +
        `${isTrained("private") ? "shared" : "private"} ones; say what stays with each client: "personal": { "layers": { "head": 1 } }`,
    );
  }
  const head = trainerOn(bench, { plan: { ...plan, epochs: headEpochs }, objective: { moves: "private" } });
  const body = trainerOn(bench, { plan, objective: { moves: "shared" } });
  return {
    keeps: {},
    compile(numExamples) {
      head.compile(numExamples);
      body.compile(numExamples);
    },
    begin: (request) => ({
      own: request.params,
      start(rng) {
        const numExamples = request.rows?.length ?? request.data.numExamples;
        return inTurn(
          [
            { stepsTotal: head.compile(numExamples), start: () => head.start({ ...request, rng }) },
            {
              stepsTotal: body.compile(numExamples),
              start: (withHead) => body.start({ ...request, rng, params: withHead! }),
            },
          ],
          // The shared params began the second part as received, so its delta is the round's.
          ([first, second]) => ({
            ...second!.update,
            numSteps: first!.update.numSteps + second!.update.numSteps,
          }),
        );
      },
    }),
  };
}
