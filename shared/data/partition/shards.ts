import { assertInteger, assertPositiveInteger } from "../../base/assert.ts";
import { batchOrder } from "../batchOrder.ts";
import type { Partitioner } from "./partitioner.ts";
import { splitEvenly } from "./splitEvenly.ts";

/**
 * The pathological split: rows sorted by label, cut into `shardsPerClient` shards a client, shards dealt at random, so
 * that most clients see few labels. MNIST with 100 clients and 2 shards gives 200 shards of 300.
 * Source: McMahan et al. 2017, section 3 ("Non-IID"), arXiv:1602.05629. Rows of one label keep their order.
 * @throws TypeError if the targets are no class labels.
 */
export function shards({ shardsPerClient }: { readonly shardsPerClient: number }): Partitioner {
  assertPositiveInteger("shardsPerClient", shardsPerClient);
  return (dataset, numClients, rng) => {
    const numShards = numClients * shardsPerClient;
    assertInteger("clients x shardsPerClient", numShards, 1, dataset.numExamples);
    const { targets } = dataset;
    if (dataset.targetSize !== 1 || targets instanceof Float32Array) {
      throw new TypeError('partition "shards" expected class labels, got regression targets');
    }
    const sorted = Uint32Array.from(targets.keys()).sort(
      (a, b) => (targets[a] as number) - (targets[b] as number) || a - b,
    );
    const cut = splitEvenly(sorted, numShards);
    const deal = batchOrder(numShards, 1, rng);
    return Array.from({ length: numClients }, (_, client) => {
      const own = deal.subarray(client * shardsPerClient, (client + 1) * shardsPerClient);
      const parts = Array.from(own, (shard) => cut[shard] as Uint32Array);
      const rows = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
      let filled = 0;
      for (const part of parts) {
        rows.set(part, filled);
        filled += part.length;
      }
      return rows;
    });
  };
}
