import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { SecureRandom } from "../../shared/base/rng.ts";
import type { Model } from "../../shared/models/model.ts";
import { createRunId } from "../../shared/protocol/runPlan.ts";
import {
  assertSameKey,
  type CreateRunOptions,
  createRun,
  type FoundRun,
  findRun,
  type PlanOptions,
} from "../openRun.ts";
import { nodeSha256 } from "../store/nodeSha256.ts";
import { openStore } from "../store/sqliteStore.ts";
import type { Store } from "../store/store.ts";
import { nodeStoreFiles } from "../store/storeFiles.ts";
import type { RunSettings } from "./hostedRun.ts";
import { paramsFormatOf } from "./paramsFormatOf.ts";

export interface RunShelfOptions {
  /** The coordinator's data folder; its further runs are in `runs/<runId>`, each with a journal and blobs of its own. */
  readonly directory: string;
  readonly coordinatorKey: Uint8Array;
  readonly random: SecureRandom;
}

export interface NewRun extends Pick<CreateRunOptions, "paramsBytes" | "forkedFrom" | "pausedReason"> {
  readonly plan: PlanOptions;
  readonly model: Model;
  readonly settings: RunSettings;
}

/** A run in a folder of its own, with its store open. */
export interface ShelvedRun extends FoundRun {
  readonly store: Store;
}

/**
 * The runs that a coordinator has beside its default one. The folders are the registry: a run is there from the moment
 * in which its journal's first event is durable, and until its folder is renamed away, whenever the process dies.
 */
export interface RunShelf {
  /**
   * Opens what is there, in the order of their ids, after clearing away what a killed process left half made or half
   * deleted. A run that cannot be opened, or was created under another key, is told and left alone: it does not keep the
   * others from being served.
   */
  open(onDamaged: (runId: string, error: unknown) => void): Promise<readonly ShelvedRun[]>;
  create(run: NewRun): Promise<ShelvedRun>;
  /** Closes the run's store, in good order or not, and deletes its folder. */
  remove(run: Pick<ShelvedRun, "run" | "store">): Promise<void>;
}

const DOOMED = ".deleted-";

export function createRunShelf({ directory, coordinatorKey, random }: RunShelfOptions): RunShelf {
  const folder = join(directory, "runs");
  const { syncFolder } = nodeStoreFiles;

  async function openFolder(runId: string): Promise<ShelvedRun | undefined> {
    const store = await openStore({ directory: join(folder, runId) });
    try {
      const found = findRun(store, nodeSha256);
      if (found !== undefined) {
        assertSameKey(found.created, coordinatorKey);
        return { ...found, store };
      }
    } catch (error) {
      await store.close();
      throw error;
    }
    await remove(runId, store); // its making was cut short, and nobody was told that there is such a run
    return undefined;
  }

  async function remove(runId: string, store: Store): Promise<void> {
    await store.close().catch(() => {}); // a full disk has no room for good order; deleting is what makes room
    const doomed = join(folder, `${DOOMED}${runId}`);
    await rename(join(folder, runId), doomed); // from here on it is gone; the rest is tidying
    await syncFolder(folder);
    await rm(doomed, { recursive: true, force: true });
  }

  return {
    async open(onDamaged) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const runs: ShelvedRun[] = [];
      for (const name of (await readdir(folder)).sort()) {
        if (name.startsWith(DOOMED)) await rm(join(folder, name), { recursive: true, force: true });
        if (!/^[0-9a-f]{32}$/.test(name)) continue;
        try {
          const run = await openFolder(name);
          if (run !== undefined) runs.push(run);
        } catch (error) {
          onDamaged(name, error);
        }
      }
      return runs;
    },
    async create(options) {
      const runId = createRunId(random);
      const store = await openStore({ directory: join(folder, runId) });
      try {
        await syncFolder(folder);
        const parts = { coordinatorKey, random, sha256: nodeSha256, paramsFormatOf };
        await createRun({ ...options, ...parts, store, runId });
        return { ...(findRun(store, nodeSha256) as FoundRun), store };
      } catch (error) {
        await remove(runId, store).catch(() => {}); // the next start clears it away; people are to hear what came first
        throw error;
      }
    },
    remove: ({ run, store }) => remove(run.plan.runId, store),
  };
}
