import { createRng } from "../shared/base/rng.ts";
import { batchOrder } from "../shared/data/batchOrder.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { dirichlet } from "../shared/data/partition/dirichlet.ts";
import { iid } from "../shared/data/partition/iid.ts";
import { labels } from "../shared/data/partition/labels.ts";
import { natural } from "../shared/data/partition/natural.ts";
import type { Partitioner } from "../shared/data/partition/partitioner.ts";
import { quantity } from "../shared/data/partition/quantity.ts";
import { shards } from "../shared/data/partition/shards.ts";
import { holdOut } from "../shared/data/split/holdOut.ts";
import { subsetDataset } from "../shared/data/subsetDataset.ts";
import type { Experiment } from "./experiment/experiment.ts";
import { UsageError } from "./experiment/usageError.ts";

/**
 * Whose rows are whose. Client c owns rows[rowStarts[c] .. rowStarts[c + 1] - 1] of the training set; those from
 * testStarts[c] on it trains on never, and judges with.
 */
export interface Population {
  readonly rows: Uint32Array;
  readonly rowStarts: Uint32Array;
  readonly testStarts: Uint32Array;
  /** The coordinator's own, no client's; none without FLTrust. */
  readonly rootRows: Uint32Array;
}

/** Divides the training set as the experiment says. @throws UsageError if the data does not allow it. */
export function createPopulation({ seed, data, partition }: Experiment, train: Dataset): Population {
  const { clients, testFraction = 0 } = partition;
  const { rootRows, others } = drawRoot(train, data.root ?? 0, seed);
  const dealt = rootRows.length > 0 ? subsetDataset(train, others) : train;
  const places = divide(partitionerOf(partition), dealt, clients, seed);
  const parts = places.map((own) => own.map((place) => others[place] as number));
  const rowStarts = new Uint32Array(parts.length + 1);
  const testStarts = new Uint32Array(parts.length);
  const rows = new Uint32Array(others.length);
  for (const [client, part] of parts.entries()) {
    const start = rowStarts[client] as number;
    const end = start + part.length;
    rowStarts[client + 1] = end;
    testStarts[client] = end;
    rows.set(part, start);
    if (testFraction === 0) continue; // nothing held out: the rows keep the order that they were dealt in
    const own = holdOut(part.length, testFraction, createRng(seed, "client-test", client));
    const pick = (places: Uint32Array): Uint32Array => places.map((place) => part[place] as number);
    rows.set(pick(own.train), start);
    rows.set(pick(own.test), start + own.train.length);
    testStarts[client] = start + own.train.length;
  }
  return { rows, rowStarts, testStarts, rootRows };
}

/** The rows that a client trains on. */
export function trainRowsOf({ rows, rowStarts, testStarts }: Population, client: number): Uint32Array {
  return rows.subarray(rowStarts[client], testStarts[client]);
}

/** The rows that a client holds out; none where the experiment has no `testFraction`, or the client too few rows. */
export function testRowsOf({ rows, rowStarts, testStarts }: Population, client: number): Uint32Array {
  return rows.subarray(testStarts[client], rowStarts[client + 1]);
}

/** Random rows for the coordinator; the others in their order. */
function drawRoot({ numExamples }: Dataset, numRoot: number, seed: number) {
  if (numRoot >= numExamples) {
    throw new UsageError(`"data.root" expected < ${numExamples}, the training examples that there are, got ${numRoot}`);
  }
  const order = batchOrder(numExamples, 1, createRng(seed, "root-rows"));
  return { rootRows: order.slice(0, numRoot), others: order.slice(numRoot).sort() };
}

function partitionerOf(partition: Experiment["partition"]): Partitioner {
  switch (partition.kind) {
    case "iid":
      return iid;
    case "natural":
      return natural;
    case "shards":
      return shards({ shardsPerClient: partition.shardsPerClient });
    case "dirichlet":
      return dirichlet(partition);
    case "quantity":
      return quantity(partition);
    case "labels":
      return labels(partition);
  }
}

function divide(partitioner: Partitioner, train: Dataset, clients: number, seed: number): Uint32Array[] {
  try {
    return partitioner(train, clients, createRng(seed, "partition"));
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new UsageError(`partition of ${train.numExamples} examples: ${error.message}`, { cause: error });
  }
}
