import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMnist } from "../../datasets/loadMnist.ts";
import type { SampleData } from "../../server/coordinatorServer.ts";
import { type Coordinator, type StartCoordinatorOptions, startCoordinator } from "../../server/startCoordinator.ts";
import type { StoredEvent } from "../../server/store/journalEvent.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";

const ROWS_PER_SHARD = 100;

export interface PageRun {
  readonly url: string;
  readonly coordinator: Coordinator;
  /** Closes the coordinator and reads what its journal holds. */
  closeAndRead(): Promise<readonly StoredEvent[]>;
  /** Closes whatever is open and deletes the folder. */
  dispose(): Promise<void>;
}

/** A coordinator on real digits whose rounds one client alone can fill: a page has a whole run to itself. */
export async function startPageRun(options: Partial<StartCoordinatorOptions> = {}): Promise<PageRun> {
  const directory = mkdtempSync(join(tmpdir(), "headwater-page-"));
  const { train, test } = await loadMnist();
  const model = zooModel("2nn");
  const local = { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } } as const;
  const coordinator = await startCoordinator({
    plan: { name: "mnist-page", rounds: null, cohort: { size: 1, quorum: 1 }, deadlineMs: 60_000, local },
    model,
    directory,
    port: 0,
    testData: subsetDataset(
      test,
      Array.from({ length: 500 }, (_, row) => row),
    ),
    trainer: createLocalTrainer({ model, plan: local }),
    sample: sampleOf(train.inputs as Uint8Array, train.targets as Uint8Array),
    ...options,
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await coordinator.close();
    isOpen = false;
  };
  return {
    url: `${coordinator.url}/`,
    coordinator,
    async closeAndRead() {
      await close();
      const store = await openStore({ directory });
      const events = [...store.events()];
      await store.close();
      return events;
    },
    async dispose() {
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Shards of 100 rows as two IDX files, one after the other. */
function sampleOf(images: Uint8Array, labels: Uint8Array): SampleData {
  const size = 28 * 28;
  const header = (magic: number, ...sizes: number[]): Uint8Array => {
    const view = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
    for (const [i, word] of [magic, ...sizes].entries()) view.setUint32(4 * i, word);
    return new Uint8Array(view.buffer);
  };
  return {
    name: "MNIST",
    numShards: 10,
    shard(index) {
      const [first, last] = [index * ROWS_PER_SHARD, (index + 1) * ROWS_PER_SHARD];
      return Buffer.concat([
        header(0x803, ROWS_PER_SHARD, 28, 28),
        images.subarray(first * size, last * size),
        header(0x801, ROWS_PER_SHARD),
        labels.subarray(first, last),
      ]);
    },
  };
}
