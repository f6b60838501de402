import { pino } from "pino";
import { startCoordinatorServer } from "../../server/coordinatorServer.ts";
import { createNodeSigner, nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { openRun, type PlanOptions } from "../../server/openRun.ts";
import type { CoordinatorTiming } from "../../server/rounds/run.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { Store } from "../../server/store/store.ts";
import { systemClock } from "../../server/systemClock.ts";
import { webRandom } from "../../shared/crypto/webRandom.ts";
import type { Model } from "../../shared/models/model.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import type { TestCoordinator } from "./testCoordinator.ts";

export interface RealCoordinatorOptions {
  readonly model: Model;
  readonly plan?: Partial<PlanOptions>;
  readonly store?: Store;
  readonly port?: number;
  readonly timing?: Partial<CoordinatorTiming>;
}

/** A real coordinator on the loopback with params as safetensors, as `headwater serve` runs it. */
export async function startRealCoordinator(options: RealCoordinatorOptions): Promise<TestCoordinator> {
  const { model, store = createMemoryStore(), port = 0 } = options;
  const signer = createNodeSigner(new Uint8Array(32).fill(5));
  const paramsFormatOf = ({ spec }: Model) => ({
    encode: (values: Float32Array) => encodeParams(spec, values),
    decode: (bytes: Uint8Array) => decodeParams(spec, bytes),
  });
  const { run } = await openRun({
    store,
    plan: { name: "real", rounds: null, cohort: { size: 1, quorum: 1 }, deadlineMs: 20_000, ...options.plan },
    model,
    coordinatorKey: signer.publicKey,
    random: webRandom,
    sha256: nodeSha256,
    paramsFormatOf,
    initialParams: new Float32Array(model.spec.length).fill(0.01),
  });
  const server = await startCoordinatorServer({
    run,
    model,
    ports: {
      store,
      clock: systemClock,
      wallClockMs: () => 1_750_000_000_000,
      random: webRandom,
      signer,
      verify: nodeVerify,
      sha256: nodeSha256,
      logger: pino({ level: process.env.HEADWATER_TEST_LOG ?? "silent" }),
      paramsFormat: paramsFormatOf(model),
    },
    timing: { gatherMs: 0, ...options.timing },
    host: "127.0.0.1",
    port,
    allowedOrigins: [],
    trustProxy: false,
  });
  return { ...server, url: `http://127.0.0.1:${server.port}`, store };
}
