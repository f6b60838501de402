import { pino } from "pino";
import { type CoordinatorServer, startCoordinatorServer } from "../../server/coordinatorServer.ts";
import { createNodeSigner, nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { openRun, type PlanOptions } from "../../server/openRun.ts";
import type { CoordinatorPorts, CoordinatorTiming, ParamsFormat } from "../../server/rounds/run.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import type { Store } from "../../server/store/store.ts";
import { systemClock } from "../../server/systemClock.ts";
import type { TransportLimits } from "../../server/transport/transportLimits.ts";
import type { TrustProxy } from "../../server/transport/trustedProxy.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { webRandom } from "../../shared/crypto/webRandom.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import type { Model } from "../../shared/models/model.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { seedOf } from "./rawClient.ts";

export interface TestCoordinatorOptions {
  readonly store?: Store;
  readonly clock?: Clock;
  readonly wallClockMs?: () => number;
  readonly plan?: Partial<PlanOptions>;
  readonly timing?: Partial<CoordinatorTiming>;
  readonly limits?: Partial<TransportLimits>;
  readonly allowedOrigins?: readonly string[];
  readonly trustProxy?: TrustProxy;
  readonly publicUrl?: string;
  readonly evaluate?: CoordinatorPorts["evaluate"];
  readonly model?: Model;
}

export interface TestCoordinator extends CoordinatorServer {
  readonly url: string;
  readonly store: Store;
}

/** 10 params: small enough to reason about by hand. */
export const tinyModel = (): Model =>
  defineModel({ name: "tiny", input: { shape: [4] }, layers: [linear(4, 2)], loss: "softmaxCrossEntropy" });

/** Bare little-endian f32: these tests do not care how params are packed. */
export const bareFormat = ({ spec }: Model): ParamsFormat => ({
  encode: f32.encode,
  decode: (bytes) => f32.decode(bytes, spec.sharedLength),
});

/** A real coordinator on a free port of the loopback, with a store that is forgotten afterwards. */
export async function startTestCoordinator(options: TestCoordinatorOptions = {}): Promise<TestCoordinator> {
  const { store = createMemoryStore(), clock = systemClock, model = tinyModel() } = options;
  const signer = createNodeSigner(seedOf("coordinator"));
  const opened = await openRun({
    store,
    plan: { name: "test", rounds: null, cohort: { size: 2, quorum: 1 }, deadlineMs: 60_000, ...options.plan },
    model,
    coordinatorKey: signer.publicKey,
    random: webRandom,
    sha256: nodeSha256,
    paramsFormatOf: bareFormat,
    initialParams: new Float32Array(model.spec.length).fill(1),
  });
  const server = await startCoordinatorServer({
    run: opened.run,
    model,
    ports: {
      store,
      clock,
      wallClockMs: options.wallClockMs ?? (() => 1_750_000_000_000),
      random: webRandom,
      signer,
      verify: nodeVerify,
      sha256: nodeSha256,
      logger: pino({ level: process.env.HEADWATER_TEST_LOG ?? "silent" }),
      paramsFormat: bareFormat(model),
      ...(options.evaluate ? { evaluate: options.evaluate } : {}),
    },
    timing: { gatherMs: 0, ...options.timing },
    ...(options.limits ? { limits: options.limits } : {}),
    host: "127.0.0.1",
    port: 0,
    allowedOrigins: options.allowedOrigins ?? [],
    trustProxy: options.trustProxy ?? false,
    ...(options.publicUrl ? { publicUrl: options.publicUrl } : {}),
  });
  return { ...server, url: `http://127.0.0.1:${server.port}`, store };
}
