import { createRng } from "../shared/base/rng.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { shiftFeatures } from "../shared/data/featureShift.ts";
import { rotateImages } from "../shared/data/rotateImages.ts";
import type { Experiment } from "./experiment/experiment.ts";
import { UsageError } from "./experiment/usageError.ts";
import type { Population } from "./population.ts";

/**
 * The training set as each client's instruments see its rows: turned by `rotations`, then shifted by `featureShift`; the same
 * one where the experiment has neither.
 * @throws UsageError if the data has no square images to turn.
 */
export function shiftPopulation(
  { seed, featureShift, rotations }: Pick<Experiment, "seed" | "featureShift" | "rotations">,
  train: Dataset,
  { rows, rowStarts }: Population,
): Dataset {
  if (featureShift === undefined && rotations === undefined) return train;
  const own = Array.from({ length: rowStarts.length - 1 }, (_, client) =>
    rows.subarray(rowStarts[client], rowStarts[client + 1]),
  );
  const turned = rotations ? rotated(train, own, rotations) : train;
  if (featureShift === undefined) return turned;
  return shiftFeatures(turned, own, featureShift, (client) => createRng(seed, "feature-shift", client));
}

function rotated(
  train: Dataset,
  own: readonly Uint32Array[],
  rotations: NonNullable<Experiment["rotations"]>,
): Dataset {
  try {
    return rotateImages(train, own, rotations);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
