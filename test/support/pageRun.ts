import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadMnist } from "../../datasets/loadMnist.ts";
import { sampleShards } from "../../server/serve/sampleShards.ts";
import { type Coordinator, type StartCoordinatorOptions, startCoordinator } from "../../server/startCoordinator.ts";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { StoredEvent } from "../../server/store/store.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { subsetDataset } from "../../shared/data/subsetDataset.ts";
import { zooModel } from "../../shared/models/zoo.ts";
import { PLAIN_HTTP_HOST } from "./chromium.ts";

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
    testData: firstRows(test, 500),
    sample: sampleShards("MNIST", firstRows(train, 1000), 10),
    // The name under which plain http is what it is on a phone; a coordinator on the loopback answers to no other.
    allowedOrigins: [`http://${PLAIN_HTTP_HOST}`],
    ...options,
  });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await coordinator.close();
    isOpen = false;
  };
  return {
    url: `${coordinator.localUrl}/`,
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

function firstRows(dataset: Dataset, count: number): Dataset {
  return subsetDataset(
    dataset,
    Array.from({ length: count }, (_, row) => row),
  );
}
