import type { Contrast } from "../../models/localObjective.ts";
import { movingLayout } from "../../params/movingParams.ts";
import { trainerOn } from "../createLocalTrainer.ts";
import type { ClientHalf, HalfOptions } from "./half.ts";

const PREVIOUS = "previous";

export interface MoonHalfOptions extends HalfOptions {
  readonly contrast: Contrast;
}

/**
 * MOON: the local objective has a model-contrastive term that draws the representation towards that of the received model and
 * away from that of the client's own last one; in a client's first round both are the received one. The loss it reports does
 * not count the term.
 * Source: Li et al. 2021, Algorithm 1, arXiv:2103.16257.
 * @throws RangeError for a model without a representation, or a plan that takes the gradients example by example or by parts.
 */
export function moonHalf({ bench, plan, contrast }: MoonHalfOptions): ClientHalf {
  const { spec, document, representationEntries } = bench.model;
  if (representationEntries.length === 0) {
    throw new RangeError(
      `moon expected a model with params before its last layer that has any, got "${document.name}"; ` +
        "list its layers one by one, or use another strategy",
    );
  }
  const byParts = (["microBatchSize", "perExampleClipNorm"] as const).find((name) => plan[name] !== undefined);
  if (byParts) throw new RangeError(`moon expected a local plan without ${byParts}; leave it out`);
  const layout = movingLayout(spec);
  const trainer = trainerOn(bench, { plan, objective: { contrast } });
  return {
    keeps: { [PREVIOUS]: layout.length },
    compile: trainer.compile,
    begin: (request) => ({
      own: request.params,
      start(rng) {
        const { params, kept } = request;
        const last = kept.get(PREVIOUS);
        const previous = last ? layout.placed(params, last) : params;
        const training = trainer.start({ ...request, rng, previous });
        return {
          ...training,
          finish() {
            const local = training.params();
            return { ...training.finish(), kept: new Map([[PREVIOUS, layout.take(local)]]) };
          },
        };
      },
    }),
  };
}
