import { assertInteger } from "../../base/assert.ts";
import { classRows } from "./classRows.ts";
import { cutByShares } from "./cutByShares.ts";
import { nextDirichlet } from "./nextDirichlet.ts";
import type { Partitioner } from "./partitioner.ts";

/** Draws until every client has enough rows; with so many failures the data is too small for the clients. */
const MAX_DRAWS = 1000;

/**
 * Label skew: the rows of each label are dealt out by shares drawn from Dirichlet(alpha) over the clients, and all is drawn
 * again until every client has at least `minExamples`.
 * Source: Li et al. 2022 (NIID-Bench), section 4.1 "distribution-based label imbalance", arXiv:2102.02079; Yurochkin et al.
 * 2019, arXiv:1905.12022.
 * @throws TypeError if the targets are no class labels; RangeError if no draw gives every client its rows.
 */
export function dirichlet(options: { readonly alpha: number; readonly minExamples?: number }): Partitioner {
  const { alpha, minExamples = 10 } = options;
  return (dataset, numClients, rng) => {
    assertInteger("clients x minExamples", numClients * minExamples, 1, dataset.numExamples);
    for (let draw = 0; draw < MAX_DRAWS; draw++) {
      const clients = Array.from({ length: numClients }, (): number[] => []);
      for (const rows of classRows(dataset, "dirichlet", rng)) {
        const parts = cutByShares(rows, nextDirichlet(alpha, numClients, rng));
        for (const [client, part] of parts.entries()) clients[client]?.push(...part);
      }
      if (clients.every(({ length }) => length >= minExamples)) return clients.map((rows) => Uint32Array.from(rows));
    }
    throw new RangeError(
      `no draw of Dirichlet(${alpha}) in ${MAX_DRAWS} gave each of ${numClients} clients ${minExamples} examples; ` +
        'raise "alpha", or lower "minExamples" or "clients"',
    );
  };
}
