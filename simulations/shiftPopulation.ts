import { createRng } from "../shared/base/rng.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { shiftFeatures } from "../shared/data/featureShift.ts";
import type { Experiment } from "./experiment/experiment.ts";
import type { Population } from "./population.ts";

/** The training set as each client's instruments see its rows; the same one where the experiment has no `featureShift`. */
export function shiftPopulation(
  { seed, featureShift }: Pick<Experiment, "seed" | "featureShift">,
  train: Dataset,
  { rows, rowStarts }: Population,
): Dataset {
  if (featureShift === undefined) return train;
  const own = Array.from({ length: rowStarts.length - 1 }, (_, client) =>
    rows.subarray(rowStarts[client], rowStarts[client + 1]),
  );
  return shiftFeatures(train, own, featureShift, (client) => createRng(seed, "feature-shift", client));
}
