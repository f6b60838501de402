import { assertInteger } from "../../base/assert.ts";
import { shuffle } from "../../base/rng.ts";
import { classRows } from "./classRows.ts";
import type { Partitioner } from "./partitioner.ts";
import { splitEvenly } from "./splitEvenly.ts";

/**
 * Each client holds exactly so many labels: the first is its number modulo the labels, so that each label has an owner as
 * far as clients reach; the others are drawn. The rows of a label are divided evenly among those who hold it.
 * Source: Li et al. 2022 (NIID-Bench), section 4.1 "quantity-based label imbalance", arXiv:2102.02079. Labels that no client
 * holds, where clients are fewer than labels, go to the clients in turn beside their own: here no row is lost.
 * @throws TypeError if the targets are no class labels; RangeError if there are fewer labels than asked for, or a client gets none.
 */
export function labels({ labelsPerClient }: { readonly labelsPerClient: number }): Partitioner {
  return (dataset, numClients, rng) => {
    const lists = classRows(dataset, "labels", rng);
    assertInteger("labelsPerClient", labelsPerClient, 1, lists.length);
    const owners = lists.map((): number[] => []);
    for (let client = 0; client < numClients; client++) {
      const first = client % lists.length;
      const others = [...lists.keys()].filter((label) => label !== first);
      shuffle(others, rng);
      for (const label of [first, ...others.slice(0, labelsPerClient - 1)]) owners[label]?.push(client);
    }
    const unowned = owners.filter(({ length }) => length === 0);
    for (const [at, own] of unowned.entries()) own.push(at % numClients);
    const rows = Array.from({ length: numClients }, (): number[] => []);
    for (const [label, list] of lists.entries()) {
      const own = owners[label] as number[];
      const parts = splitEvenly(Uint32Array.from(list), own.length);
      for (const [i, client] of own.entries()) rows[client]?.push(...(parts[i] as Uint32Array));
    }
    const empty = rows.findIndex(({ length }) => length === 0);
    if (empty >= 0) throw new RangeError(`client ${empty} got no examples of its labels; use fewer clients`);
    return rows.map((own) => Uint32Array.from(own));
  };
}
