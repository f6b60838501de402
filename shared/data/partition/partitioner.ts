import type { Rng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";

/**
 * Divides a dataset among clients: the rows of each client, [numClients] lists. Every row belongs to exactly one
 * client, and the same generator state gives the same lists.
 * @throws RangeError if there are not enough rows to give each client one.
 */
export type Partitioner = (dataset: Dataset, numClients: number, rng: Rng) => Uint32Array[];
