import { createJudge } from "../createJudge.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import { type ClientHalf, type HalfOptions, handedOut } from "./half.ts";

export interface IfcaHalfOptions extends HalfOptions {
  /** Models to choose from, >= 2: "params", then the handouts "cluster1", ... */
  readonly clusters: number;
}

/**
 * IFCA with model averaging: of the models handed out the client trains the one with the lowest mean loss on the rows it trains
 * on, the first of equals, and says which in the part "cluster".
 * Source: Ghosh et al. 2020, Algorithm 1, arXiv:2006.04088.
 */
export function ifcaHalf({ bench, plan, clusters }: IfcaHalfOptions): ClientHalf {
  const { sharedLength } = bench.model.spec;
  const trainer = trainerOn(bench, { plan });
  const judge = createJudge(bench);
  return {
    keeps: {},
    compile: trainer.compile,
    begin(request) {
      const { params, data, rows } = request;
      const candidate = (index: number): Float32Array => {
        if (index === 0) return params;
        const whole = params.slice();
        whole.set(handedOut(request, `cluster${index}`, sharedLength));
        return whole;
      };
      let best = { index: 0, own: params, loss: judge.evaluate(params, data, rows).loss };
      for (let index = 1; index < clusters; index++) {
        const own = candidate(index);
        const { loss } = judge.evaluate(own, data, rows);
        if (loss < best.loss || Number.isNaN(best.loss)) best = { index, own, loss };
      }
      return {
        own: best.own,
        start(rng) {
          const training = trainer.start({ ...request, rng, params: best.own });
          const parts = new Map([["cluster", Float32Array.of(best.index)]]);
          return { ...training, finish: () => ({ ...training.finish(), parts }) };
        },
      };
    },
  };
}
