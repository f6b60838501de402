import { createRng } from "../shared/base/rng.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { iid } from "../shared/data/partition/iid.ts";
import { natural } from "../shared/data/partition/natural.ts";
import type { Partitioner } from "../shared/data/partition/partitioner.ts";
import { shards } from "../shared/data/partition/shards.ts";
import type { Experiment } from "./experiment/experiment.ts";
import { UsageError } from "./experiment/usageError.ts";

/** Whose rows are whose: client c owns rows[rowStarts[c] .. rowStarts[c + 1] - 1] of the training set. */
export interface Population {
  readonly rows: Uint32Array;
  readonly rowStarts: Uint32Array;
}

/** Divides the training set as the experiment says. @throws UsageError if the data does not allow it. */
export function createPopulation({ seed, partition }: Experiment, train: Dataset): Population {
  const parts = divide(partitionerOf(partition), train, partition.clients, seed);
  const rowStarts = new Uint32Array(parts.length + 1);
  const rows = new Uint32Array(train.numExamples);
  for (const [client, part] of parts.entries()) {
    rows.set(part, rowStarts[client]);
    rowStarts[client + 1] = (rowStarts[client] as number) + part.length;
  }
  return { rows, rowStarts };
}

function partitionerOf(partition: Experiment["partition"]): Partitioner {
  switch (partition.kind) {
    case "iid":
      return iid;
    case "natural":
      return natural;
    case "shards":
      return shards({ shardsPerClient: partition.shardsPerClient });
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
