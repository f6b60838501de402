import { loraModel } from "../lora/loraModel.ts";
import { tinyGpt } from "./tinyGpt.ts";
import { twoHiddenLayers } from "./twoHiddenLayers.ts";
import { zooEntry } from "./zooEntry.ts";

/**
 * "2nn" with adapters of rank 4 on its linear maps, all else frozen: of 205,586 params 6,376 are trained and travel.
 * Source: Hu et al. 2021, arXiv:2106.09685. `loraParams` starts it from a trained "2nn".
 */
export const adaptedTwoHiddenLayers = zooEntry({ rank: 4 }, ({ rank }) =>
  loraModel(twoHiddenLayers.build({}).document, { rank }),
);

/** "tiny-gpt" with adapters of rank 4, likewise. */
export const adaptedTinyGpt = zooEntry({ ...tinyGpt.sizes, rank: 4 } as const, ({ rank, ...sizes }) =>
  loraModel(tinyGpt.build(sizes).document, { rank: rank! }),
);
