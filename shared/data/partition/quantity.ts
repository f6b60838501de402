import { assertInteger } from "../../base/assert.ts";
import { batchOrder } from "../batchOrder.ts";
import { cutByShares } from "./cutByShares.ts";
import { nextDirichlet } from "./nextDirichlet.ts";
import type { Partitioner } from "./partitioner.ts";

/**
 * Quantity skew: shuffled rows are dealt out by shares drawn from Dirichlet(alpha) over the clients, after each got one row.
 * Source: Li et al. 2022 (NIID-Bench), section 4.3, arXiv:2102.02079.
 * @throws RangeError if there are more clients than rows.
 */
export function quantity({ alpha }: { readonly alpha: number }): Partitioner {
  return (dataset, numClients, rng) => {
    assertInteger("clients", numClients, 1, dataset.numExamples);
    const rows = [...batchOrder(dataset.numExamples, 1, rng)];
    const first = rows.splice(0, numClients);
    const parts = cutByShares(rows, nextDirichlet(alpha, numClients, rng));
    return parts.map((part, client) => Uint32Array.from([first[client] as number, ...part]));
  };
}
