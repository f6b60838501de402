import type { CoordinatorPorts, Run } from "../rounds/run.ts";
import { createUploadMemory } from "../rounds/uploadMemory.ts";
import { type DemoData, loadDemoData } from "../serve/demoData.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Broadcaster } from "../transport/connection.ts";
import { type HostedRun, type HostRunOptions, hostRun } from "./hostedRun.ts";
import { judgeOf } from "./judgeOf.ts";
import { paramsFormatOf } from "./paramsFormatOf.ts";
import { createRunDirectory, type RunDirectory } from "./runDirectory.ts";
import { createRunOperator, type RunOperator } from "./runOperator.ts";
import type { RunShelf, ShelvedRun } from "./runShelf.ts";

export interface RunHostOptions {
  /** The default run. Its clock, randomness, key and logger, its timing and its disk guard are those of every other run. */
  readonly first: Omit<HostRunOptions, "ports"> & { readonly ports: Omit<CoordinatorPorts, "broadcaster"> };
  readonly shelf: RunShelf | undefined;
  readonly broadcasterOf: (runId: string) => Broadcaster;
  readonly telemetry?: Telemetry | undefined;
  /** What runs on MNIST are judged on; the built-in files when absent. */
  readonly loadData?: () => Promise<DemoData>;
}

/** All runs of one process. */
export interface RunHost {
  readonly runs: RunDirectory;
  readonly operator: RunOperator;
  /** Takes no more messages in any run, waits for what must be durable, and closes the stores that it opened. */
  close(): Promise<void>;
}

/** Puts the default run and those on the shelf in place; their rounds begin with each `coordinator.start()`. */
export async function createRunHost(options: RunHostOptions): Promise<RunHost> {
  const { first, shelf, broadcasterOf, telemetry, loadData = loadDemoData } = options;
  const shared = { uploadMemory: createUploadMemory(), ...first.ports };
  const { evaluate: _itsJudge, trainOnRoot: _itsData, ...ports } = shared;
  let demoData: Promise<DemoData> | undefined;

  const watched = ({ plan: { name, runId } }: Run) =>
    telemetry === undefined ? {} : { telemetry: telemetry.forRun({ name, runId }) };

  /** Read once for all runs; a failure is not kept, as the next run may find the files again. */
  function sharedData(): Promise<DemoData> {
    demoData ??= loadData().catch((error: unknown) => {
      demoData = undefined;
      throw error;
    });
    return demoData;
  }

  async function host({ run, model, store, created }: ShelvedRun): Promise<HostedRun> {
    const { settings = { minRoundMs: 0 } } = created;
    const data = settings.testSource === "mnist" ? await sharedData() : undefined;
    return hostRun({
      run,
      model,
      settings,
      ports: {
        ...ports,
        store,
        paramsFormat: paramsFormatOf(model),
        broadcaster: broadcasterOf(run.plan.runId),
        ...judgeOf({ model, plan: run.plan, testData: data?.test }),
      },
      ...watched(run),
      ...(first.timing && { timing: first.timing }),
      ...(first.mayOpen && { mayOpen: first.mayOpen }),
      ...(data && { sample: data.sample }),
    });
  }

  function onDamaged(runId: string, error: unknown): void {
    ports.logger.error({ err: error, runId }, "a run cannot be opened and is not served; its folder is left as it is");
  }

  const runs = createRunDirectory(
    await hostRun({
      ...first,
      ...watched(first.run),
      ports: { ...shared, broadcaster: broadcasterOf(first.run.plan.runId) },
    }),
  );
  const operator = createRunOperator({ runs, shelf, host, logger: ports.logger });
  const close = async (): Promise<void> => {
    const hosts = runs.list();
    await Promise.all([operator.close(), ...hosts.map(({ drain }) => drain())]);
    const opened = hosts.filter((hosted) => hosted !== runs.default);
    // One store that cannot be closed in good order, on a full disk for instance, keeps no other from it.
    const closed = await Promise.allSettled(opened.map(({ store }) => store.close()));
    for (const result of closed) if (result.status === "rejected") throw result.reason;
  };
  try {
    for (const shelved of (await shelf?.open(onDamaged)) ?? []) {
      try {
        runs.add(await host(shelved));
      } catch (error) {
        onDamaged(shelved.run.plan.runId, error);
        await shelved.store.close();
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { runs, operator, close };
}
