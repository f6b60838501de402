import type { Clock } from "../../shared/base/clock.ts";
import type { ContentHash, Sha256 } from "../../shared/base/hash.ts";
import type { SecureRandom } from "../../shared/base/rng.ts";
import type { Signer, Verify } from "../../shared/crypto/signer.ts";
import type { Metric } from "../../shared/nn/metrics/metric.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import type { Admission } from "../identity/admission.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../store/store.ts";
import type { ParamsRange } from "../strategies/averageStatistics.ts";
import type { TileRunner } from "../strategies/robust/tileCall.ts";
import type { Broadcaster } from "../transport/connection.ts";
import type { UploadMemory } from "./uploadMemory.ts";

/** What a run is: fixed by the first event of its journal. */
export interface Run {
  readonly plan: RunPlan;
  readonly planHash: ContentHash;
  /** The model document, as clients get it. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly modelHash: ContentHash;
  /** Elements of the shared params: the length of a delta. */
  readonly numParams: number;
  /** Fresh shared params for a further model of the run, by its name. */
  readonly furtherStart: (name: string) => Float32Array;
  /** Where running statistics lie among the shared params. */
  readonly statistics: readonly ParamsRange[];
  /** What clients judge with beside loss and accuracy; their states travel as the part "evaluation" of an update. */
  readonly metrics: readonly Metric[];
}

/** Shared params to and from the bytes that their hash covers. */
export interface ParamsFormat {
  encode(values: Float32Array): Uint8Array;
  /** @throws ProtocolError unless the bytes are params of this model. */
  decode(bytes: Uint8Array): Float32Array;
}

/** Everything outside that a coordinator uses. */
export interface CoordinatorPorts {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds since 1970, for people only: deadlines are the clock's. */
  readonly wallClockMs: () => number;
  readonly random: SecureRandom;
  readonly signer: Signer;
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly logger: Logger;
  readonly broadcaster: Broadcaster;
  readonly paramsFormat: ParamsFormat;
  /** What uploads of all runs share; memory of its own when absent. */
  readonly uploadMemory?: UploadMemory;
  /** Where a robust rule passes over the coordinates of all updates; in this thread when absent. */
  readonly tiles?: TileRunner;
  /** Bytes of a round's deltas that a robust rule keeps in memory before it reads them from the store; 64 MiB when absent. */
  readonly deltaMemoryBytes?: number;
  /** Delta of a training from these params on data of the coordinator's own, where it has any. */
  readonly trainOnRoot?: (params: Float32Array) => Promise<Float32Array>;
  /** Who may take part; anyone with a key when absent. */
  readonly admission?: Admission;
  /** Figures of params on a test set the coordinator holds: testAccuracy, testLoss. */
  readonly evaluate?: (params: Float32Array) => Promise<Metrics>;
}

/** Durations in milliseconds. */
export interface CoordinatorTiming {
  /**
   * With fewer clients than a round wants, but a quorum that may be asked: wait this long for more after the last newcomer,
   * altogether five times this at most.
   */
  readonly gatherMs: number;
  /** A member whose connection is lost is waited for this long. */
  readonly reconnectGraceMs: number;
  /** An upload without progress is forgotten after this. */
  readonly uploadIdleMs: number;
  /** A connection must have proved its key by then. */
  readonly helloMs: number;
  /** Pause before the attempt after an aborted one; doubles up to the maximum. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** A client that declined is not asked again for this long. */
  readonly declineMs: number;
  /** A round is opened no sooner than this after the one before it. */
  readonly minRoundMs: number;
  /** A store that found no room is tried again after this. */
  readonly mendMs: number;
}

export const DEFAULT_TIMING: CoordinatorTiming = {
  gatherMs: 2000,
  reconnectGraceMs: 10_000,
  uploadIdleMs: 15_000,
  helloMs: 8000,
  retryMs: 1000,
  maxRetryMs: 30_000,
  declineMs: 10_000,
  minRoundMs: 0,
  mendMs: 5000,
};
