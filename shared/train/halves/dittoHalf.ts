import { movingLayout } from "../../params/movingParams.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import type { ClientHalf, HalfOptions } from "./half.ts";
import { inTurn } from "./inTurn.ts";

const DITTO = "ditto";

export interface DittoHalfOptions extends HalfOptions {
  /** Pull of the personal model towards the received one; with 0 it is trained by itself. */
  readonly lambda: number;
  /** Passes of the personal model over the data. */
  readonly epochs: number;
}

/**
 * Ditto: beside the shared model, which trains as with FedAvg, each client has a personal one, which is what it predicts with. It
 * begins as the first one received, trains from where it was, and is held near the received params w by lambda/2 · |v - w|².
 * The update tells of the shared model.
 * Source: Li et al. 2021, Algorithm 1, arXiv:2012.04221; here the shared model trains first.
 */
export function dittoHalf({ bench, plan, lambda, epochs }: DittoHalfOptions): ClientHalf {
  const layout = movingLayout(bench.model.spec);
  const shared = trainerOn(bench, { plan });
  const personal = trainerOn(bench, {
    plan: { ...plan, epochs, penalties: { ...plan.penalties, proximal: lambda } },
  });
  return {
    keeps: { [DITTO]: layout.length },
    compile(numExamples) {
      shared.compile(numExamples);
      personal.compile(numExamples);
    },
    begin(request) {
      const { params, kept } = request;
      const before = kept.get(DITTO);
      const own = before ? layout.placed(params, before) : params;
      return {
        own,
        start(rng) {
          const numExamples = request.rows?.length ?? request.data.numExamples;
          return inTurn(
            [
              { stepsTotal: shared.compile(numExamples), start: () => shared.start({ ...request, rng }) },
              {
                stepsTotal: personal.compile(numExamples),
                start: () => personal.start({ ...request, rng, params: own, anchor: params }),
              },
            ],
            ([travels, stays]) => ({
              ...travels!.update,
              kept: new Map([[DITTO, layout.take(stays!.local)]]),
            }),
          );
        },
      };
    },
  };
}
