import type { ContentHash } from "../../shared/base/hash.ts";
import type { Commit } from "../../shared/protocol/commit.ts";
import { commitHash } from "../../shared/protocol/commitRecord.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import { toBase64 } from "../store/base64.ts";
import { createStrategy } from "../strategies/createStrategy.ts";
import type { AttemptRef } from "./roundState.ts";
import { createRoundTally, type TalliedUpdate } from "./roundTally.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { signCommit } from "./signCommit.ts";

/** Where a run's model stands between rounds. */
export interface ModelStart {
  readonly params: Float32Array;
  readonly paramsBytes: Uint8Array;
  readonly paramsHash: ContentHash;
  readonly lastCommitHash: ContentHash | null;
  /** Updates of the open attempt, to be folded again. */
  readonly updates: readonly TalliedUpdate[];
}

export interface RoundOutcome extends AttemptRef {
  /** Commits before this one. */
  readonly version: number;
  readonly headerHashes: readonly ContentHash[];
  readonly totalWeight: number;
}

/** The global params of a run: folds an attempt's updates and turns them into the next params, durably. */
export interface GlobalModel {
  readonly paramsHash: ContentHash;
  /** Safetensors bytes; nobody writes to them. */
  readonly paramsBytes: Uint8Array;
  /** Starts an empty aggregate. */
  beginAttempt(): void;
  fold(update: TalliedUpdate): void;
  /**
   * Computes the next params and makes their blob durable.
   * @throws RangeError if they are not finite: the attempt has failed and the params stay as they were.
   */
  aggregate(): Promise<void>;
  /** Journals the signed commit of what `aggregate` computed; only then are these the params. */
  commit(outcome: RoundOutcome, figures: Metrics): Promise<Commit>;
}

export function createGlobalModel(run: Run, ports: CoordinatorPorts, start: ModelStart): GlobalModel {
  const { store, signer, sha256, paramsFormat } = ports;
  const strategy = createStrategy(run.plan, run.numParams);
  let { params, paramsBytes, paramsHash, lastCommitHash } = start;
  let strategyState = strategy.init(run.numParams);
  let tally = createRoundTally(strategy.createAggregator());
  let next: (ReturnType<typeof strategy.applyRound> & { bytes: Uint8Array; hash: ContentHash }) | undefined;
  for (const update of start.updates) tally.add(update);

  return {
    get paramsHash() {
      return paramsHash;
    },
    get paramsBytes() {
      return paramsBytes;
    },
    beginAttempt() {
      tally = createRoundTally(strategy.createAggregator());
    },
    fold: (update) => tally.add(update),
    async aggregate() {
      const stepped = strategy.applyRound(strategyState, params, tally.finish());
      const bytes = paramsFormat.encode(stepped.params);
      next = { ...stepped, bytes, hash: await store.putBlob(bytes) };
    },
    async commit({ version, ...outcome }, figures) {
      if (next === undefined) throw new TypeError("a commit follows an aggregate");
      const { round, attempt, headerHashes } = outcome;
      const metrics: Metrics = { ...tally.metrics(), ...(await ports.evaluate?.(next.params)), ...figures };
      const commit = await signCommit(run, signer, sha256, {
        ...outcome,
        commitNumber: version + 1,
        baseParamsHash: paramsHash,
        paramsHash: next.hash,
        previousCommitHash: lastCommitHash,
        metrics,
      });
      await store.append({
        kind: "round-committed",
        round,
        attempt,
        paramsHash: next.hash,
        metrics,
        headerHashes: [...headerHashes],
        record: toBase64(commit.record),
        signature: toBase64(commit.signature),
      });
      params = next.params;
      paramsBytes = next.bytes;
      paramsHash = next.hash;
      strategyState = next.state;
      lastCommitHash = commitHash(commit.record, sha256);
      next = undefined;
      return commit;
    },
  };
}
