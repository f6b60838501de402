import { assertInteger } from "../../base/assert.ts";
import { batchOrder } from "../batchOrder.ts";
import type { Partitioner } from "./partitioner.ts";
import { splitEvenly } from "./splitEvenly.ts";

/**
 * Shuffles the rows and deals them out evenly: sizes differ by at most one.
 * Source: McMahan et al. 2017, section 3 ("IID"), arXiv:1602.05629.
 */
export const iid: Partitioner = (dataset, numClients, rng) => {
  assertInteger("clients", numClients, 1, dataset.numExamples);
  return splitEvenly(batchOrder(dataset.numExamples, 1, rng), numClients);
};
