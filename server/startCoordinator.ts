import { mkdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { createSeed, fingerprint } from "../shared/crypto/identity.ts";
import { webRandom } from "../shared/crypto/webRandom.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import type { Model } from "../shared/models/model.ts";
import type { SignedRoster } from "../shared/protocol/roster.ts";
import type { RoundSummary, RunStatus } from "../shared/protocol/runStatus.ts";
import type { TlsContext } from "./configuration/tlsFiles.ts";
import { type CoordinatorServer, startCoordinatorServer } from "./coordinatorServer.ts";
import { createNodeSigner, nodeVerify } from "./crypto/nodeEd25519.ts";
import { createDiskGuard } from "./diskGuard.ts";
import { loadOperatorToken } from "./identity/operatorToken.ts";
import { createLogger, type Logger } from "./logger.ts";
import { storeFolders } from "./maintenance/storeFolders.ts";
import { openRun, type PlanOptions } from "./openRun.ts";
import type { CoordinatorTiming } from "./rounds/run.ts";
import type { SampleData } from "./runs/hostedRun.ts";
import { judgeOf } from "./runs/judgeOf.ts";
import { paramsFormatOf } from "./runs/paramsFormatOf.ts";
import { rootTrainingOf } from "./runs/rootTraining.ts";
import { createRunShelf } from "./runs/runShelf.ts";
import { loadCoordinatorSeed } from "./store/coordinatorSeed.ts";
import { nodeSha256 } from "./store/nodeSha256.ts";
import { openStore } from "./store/sqliteStore.ts";
import type { Store } from "./store/store.ts";
import { nodeStoreFiles } from "./store/storeFiles.ts";
import { systemClock } from "./systemClock.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { basePathOf } from "./transport/mountBelow.ts";
import type { TransportLimits } from "./transport/transportLimits.ts";
import { assertTrustProxy, type TrustProxy } from "./transport/trustedProxy.ts";
import { createTilePool } from "./workers/tilePool.ts";

export interface StartCoordinatorOptions {
  /** The rules of the run. A folder that holds a run already goes on with it and must be asked for the same rules. */
  readonly plan: PlanOptions;
  readonly model: Model;
  /** Where the run lives: journal, params, the coordinator's key. Made if it does not exist. */
  readonly directory?: string;
  /** In place of a folder: a store of your own (for instance `createMemoryStore()`), with the key's 32-byte seed. */
  readonly store?: Store;
  readonly seed?: Uint8Array;
  /** Judges each round's params; without it, rounds carry no test figures. */
  readonly testData?: Dataset;
  /** Clean training examples of the coordinator's own, which the aggregator "fltrust" needs. */
  readonly rootData?: Dataset;
  /** The built-in name of `testData`, so that forks of the run are judged on it too. */
  readonly testSource?: "mnist";
  /** Params to start a new run from, [model.spec.length]; fresh ones when absent. */
  readonly initialParams?: Float32Array;
  /** Who may take part, for a plan with a signed roster: taken if it is newer than what the run has. */
  readonly roster?: SignedRoster;
  /** 127.0.0.1 when absent: only this machine. */
  readonly host?: string;
  /** 8080 when absent; 0 takes any free port. */
  readonly port?: number;
  /** Origins of pages, beside the coordinator's own, that may join and read. */
  readonly allowedOrigins?: readonly string[];
  /** Behind reverse proxies: which of them are believed about who asks. None when absent. */
  readonly trustProxy?: TrustProxy;
  /** Where people reach the coordinator, for instance "https://example.org/fl"; its path may be that of a proxy. */
  readonly publicUrl?: string;
  readonly timing?: Partial<CoordinatorTiming>;
  readonly limits?: Partial<TransportLimits>;
  /** No more rounds are opened once the folder holds more; a function is asked anew before each round. */
  readonly maxDiskBytes?: number | (() => number);
  /** Certificate and key for https and wss; plain http when absent. */
  readonly tls?: TlsContext;
  /** What counts and traces the coordinator's work. */
  readonly telemetry?: Telemetry;
  readonly sample?: SampleData;
  readonly logger?: Logger;
  readonly onRound?: (summary: RoundSummary) => void;
  readonly onPhase?: (status: RunStatus) => void;
}

/** Threads of the robust rules; they start with the first round that has work for them. */
const MAX_AGGREGATION_THREADS = 8;

/** A running coordinator. */
export interface Coordinator extends CoordinatorServer {
  /** Where clients join and the page is, without a slash at the end: the public address if there is one. */
  readonly url: string;
  /** The same from this machine, past any proxy. */
  readonly localUrl: string;
  /** The coordinator's key, for people to compare. */
  readonly fingerprint: string;
  /** Whether the folder held the run already. */
  readonly isContinued: boolean;
}

/**
 * Starts a coordinator: opens or continues the run and serves it over HTTP and WebSocket on one port.
 * @throws Error if the folder is in use, holds another run or cannot be written, or the port cannot be had.
 */
export async function startCoordinator(options: StartCoordinatorOptions): Promise<Coordinator> {
  const { model, plan, directory, host = "127.0.0.1", port = 8080, logger = createLogger("warn") } = options;
  if ((directory === undefined) === (options.store === undefined)) {
    throw new TypeError('"directory" or "store" expected, one of the two');
  }
  assertTrustProxy(options.trustProxy ?? false);
  if (options.publicUrl !== undefined) basePathOf(options.publicUrl);
  if (directory !== undefined) await mkdir(directory, { recursive: true, mode: 0o700 }); // keys and updates
  const store = options.store ?? (await openStore({ directory: directory as string }));
  const tiles = createTilePool({ numWorkers: Math.min(MAX_AGGREGATION_THREADS, availableParallelism()) });
  try {
    const signer = createNodeSigner(options.seed ?? (await seedOf(directory, store)));
    const opened = await openRun({
      store,
      plan,
      model,
      coordinatorKey: signer.publicKey,
      random: webRandom,
      sha256: nodeSha256,
      paramsFormatOf,
      ...(options.initialParams ? { initialParams: options.initialParams } : {}),
    });
    const { testData, rootData, maxDiskBytes, initialParams, testSource } = options;
    const { plan: runPlan } = opened.run;
    const server = await startCoordinatorServer({
      ...opened,
      ports: {
        store,
        clock: systemClock,
        wallClockMs: Date.now,
        random: webRandom,
        signer,
        verify: nodeVerify,
        sha256: nodeSha256,
        logger,
        paramsFormat: paramsFormatOf(model),
        tiles,
        ...judgeOf({ model, plan: runPlan, testData, initialParams }),
        ...rootTrainingOf({ model, plan: runPlan, rootData }),
      },
      host,
      port,
      allowedOrigins: options.allowedOrigins ?? [],
      trustProxy: options.trustProxy ?? false,
      ...(directory !== undefined && maxDiskBytes !== undefined
        ? { disk: diskGuard(directory, maxDiskBytes, options.telemetry) }
        : {}),
      ...(directory === undefined ? {} : await operated(directory, signer.publicKey)),
      settings: { minRoundMs: options.timing?.minRoundMs ?? 0, ...(testSource && { testSource }) },
      ...pick(options, ["timing", "limits", "publicUrl", "sample", "tls", "telemetry", "roster", "onRound", "onPhase"]),
    });
    const localHost = host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host;
    const localUrl = `${options.tls ? "https" : "http"}://${localHost}:${server.port}`;
    return {
      ...server,
      url: options.publicUrl?.replace(/\/+$/, "") ?? localUrl,
      localUrl,
      fingerprint: fingerprint(signer.publicKey),
      isContinued: opened.isContinued,
      async close() {
        try {
          await server.close();
        } finally {
          await tiles.close().finally(() => store.close());
        }
      },
    };
  } catch (error) {
    await tiles.close();
    await store.close();
    throw error;
  }
}

function diskGuard(directory: string, maxBytes: number | (() => number), telemetry: Telemetry | undefined) {
  return createDiskGuard({
    directory,
    clock: systemClock,
    maxBytes: typeof maxBytes === "number" ? () => maxBytes : maxBytes,
    ...(telemetry && { onFull: () => telemetry.limitHit("disk") }),
  });
}

/** What a coordinator with a data folder has beside its default run: further runs, and an operator. */
async function operated(directory: string, coordinatorKey: Uint8Array) {
  return {
    shelf: createRunShelf({ directory, coordinatorKey, random: webRandom }),
    operatorToken: await loadOperatorToken(directory),
  };
}

async function seedOf(directory: string | undefined, store: Store): Promise<Uint8Array> {
  if (directory === undefined) return createSeed(webRandom);
  const folders = await storeFolders(directory, nodeStoreFiles);
  const hasRun = store.head !== undefined || folders.some((path) => path !== ""); // a further run may have outlived the default one
  return loadCoordinatorSeed({ directory, hasRun });
}

/** The named members that are present: absent ones must not become `undefined`. */
function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const name of names) if (from[name] !== undefined) picked[name] = from[name];
  return picked;
}
