import { type ContentHash, contentHash, toHex } from "../../shared/base/hash.ts";
import type { Commit } from "../../shared/protocol/commit.ts";
import { commitHash } from "../../shared/protocol/commitRecord.ts";
import type { Handout } from "../../shared/protocol/createOffer.ts";
import type { Metrics } from "../../shared/protocol/metrics.ts";
import { toBase64 } from "../store/base64.ts";
import { createStrategy } from "../strategies/createStrategy.ts";
import { encodeServerState } from "../strategies/serverStateBytes.ts";
import type { Claim, Contribution, RoundInputs, ServerState } from "../strategies/strategy.ts";
import { readStored } from "../workers/readStored.ts";
import type { AttemptRef } from "./roundState.ts";
import { createRoundTally } from "./roundTally.ts";
import type { CoordinatorPorts, Run } from "./run.ts";
import { signCommit } from "./signCommit.ts";

/** Where a run's model stands between rounds. */
export interface ModelStart {
  readonly serverState: ServerState;
  readonly paramsBytes: Uint8Array;
  readonly paramsHash: ContentHash;
  readonly lastCommitHash: ContentHash | null;
  /** Of the open attempt, or the next one. */
  readonly round: number;
}

export interface RoundOutcome extends AttemptRef {
  /** Commits before this one. */
  readonly version: number;
  readonly headerHashes: readonly ContentHash[];
  readonly totalWeight: number;
}

/** What offers hand out; every hash is durable and may be fetched. */
export interface Offered {
  readonly handouts: readonly Handout[];
  /** Of the params that a client trains from: most strategies give all the same. */
  readonly paramsHashOf: ReadonlyMap<string, ContentHash>;
  /** The event that names them is about to be appended: the next opening stores them anew. */
  spend(): void;
}

/** What a round takes from outside, as the journal names it. */
export interface SealedInputs {
  readonly seed?: string;
  readonly rootDeltaHash?: ContentHash;
}

/** The global params of a run: folds an attempt's updates and turns them into the next params, durably. */
export interface GlobalModel {
  readonly paramsHash: ContentHash;
  /** Safetensors bytes; nobody writes to them. */
  readonly paramsBytes: Uint8Array;
  /** Makes what these clients are to be handed out durable, for the one opening that is journaled next. */
  offer(clientIds: readonly string[]): Promise<Offered>;
  /** The params that an update started from, where the strategy looks at them. */
  baseOf(paramsHash: ContentHash): Promise<Float32Array | undefined>;
  /** Starts an empty aggregate. */
  beginAttempt(round: number): void;
  /** Asked before an update counts. @throws RangeError if the strategy could not compute with what it says. */
  check(claim: Claim): void;
  fold(update: Contribution): void;
  /** Draws and computes what the aggregate needs beside updates, and makes it durable. */
  drawInputs(): Promise<SealedInputs>;
  /**
   * Computes the next state and makes its blobs durable.
   * @throws RangeError if it cannot be computed or is not finite: the attempt has failed and everything stays as it was.
   */
  aggregate(inputs: SealedInputs): Promise<void>;
  /** Journals the signed commit of what `aggregate` computed; only then are these the params. */
  commit(outcome: RoundOutcome, figures: Metrics): Promise<Commit>;
}

interface NextModel {
  readonly state: ServerState;
  readonly bytes: Uint8Array;
  readonly hash: ContentHash;
  readonly stateHash: ContentHash | undefined;
}

export function createGlobalModel(run: Run, ports: CoordinatorPorts, start: ModelStart): GlobalModel {
  const { store, signer, sha256, paramsFormat } = ports;
  const strategy = createStrategy(run.plan, run.numParams, {
    statistics: run.statistics,
    furtherStart: run.furtherStart,
    readStored,
    memoryBytes: ports.deltaMemoryBytes,
    ...(ports.tiles && { tiles: ports.tiles }),
  });
  if (strategy.needsRoot && ports.trainOnRoot === undefined) {
    throw new RangeError(
      'the aggregation "fltrust" compares updates with the coordinator\'s own training, which it has no data for; ' +
        'name some in the run file: "data": { "root": ... }',
    );
  }
  let { serverState, paramsBytes, paramsHash, lastCommitHash } = start;
  let tally = createRoundTally(strategy.openRound(serverState, start.round), run.metrics);
  let next: NextModel | undefined;
  /** Of vectors that were handed out since the last commit. */
  let hashes = new Map<Float32Array, ContentHash>();
  /** Blobs that the next opening to be journaled may name, once each; what one that came to nothing has stored is among them. */
  let stored = new Set<ContentHash>();

  /**
   * Stores a vector for the opening that will name it. For each opening anew: the blob may be gone since the last one, let go
   * of with older openings, or because the write that was to name it failed.
   */
  async function handOut(values: Float32Array): Promise<ContentHash> {
    if (values === serverState.params) return paramsHash; // the last commit's: nothing lets go of it
    const known = hashes.get(values);
    if (known !== undefined && stored.has(known)) return known;
    const bytes = paramsFormat.encode(values);
    const hash = known ?? contentHash(sha256, bytes);
    hashes.set(values, hash);
    if (!stored.has(hash)) await store.putBlob(bytes, hash);
    stored.add(hash);
    return hash;
  }

  async function inputsOf({ seed = "", rootDeltaHash }: SealedInputs): Promise<RoundInputs> {
    if (rootDeltaHash === undefined) return { seed };
    return { seed, rootDelta: paramsFormat.decode(await store.getBlob(rootDeltaHash)) };
  }

  return {
    get paramsHash() {
      return paramsHash;
    },
    get paramsBytes() {
      return paramsBytes;
    },
    async offer(clientIds) {
      const paramsHashOf = new Map<string, ContentHash>();
      const handouts = new Map<string, ContentHash>();
      for (const clientId of clientIds) {
        for (const [name, values] of strategy.handouts(serverState, clientId)) {
          if (name === "params") paramsHashOf.set(clientId, await handOut(values));
          else if (!handouts.has(name)) handouts.set(name, await handOut(values));
        }
      }
      const spend = (): void => {
        stored = new Set();
      };
      return { handouts: [...handouts].map(([name, hash]) => ({ name, hash })), paramsHashOf, spend };
    },
    async baseOf(hash) {
      if (!strategy.needsBase) return undefined;
      return hash === paramsHash ? serverState.params : paramsFormat.decode(await store.getBlob(hash));
    },
    beginAttempt(round) {
      tally = createRoundTally(strategy.openRound(serverState, round), run.metrics);
    },
    check: (claim) => tally.check(claim),
    fold: (update) => tally.add(update),
    async drawInputs() {
      const seed = new Uint8Array(32);
      ports.random.fill(seed);
      const rootDelta = strategy.needsRoot ? await ports.trainOnRoot?.(serverState.params) : undefined;
      return {
        ...(strategy.needsSeed && { seed: toHex(seed) }),
        ...(rootDelta && { rootDeltaHash: await store.putBlob(paramsFormat.encode(rootDelta)) }),
      };
    },
    async aggregate(inputs) {
      const state = await tally.finish(await inputsOf(inputs));
      const bytes = paramsFormat.encode(state.params);
      const stateHash = state.vectors.size > 0 ? await store.putBlob(encodeServerState(state.vectors)) : undefined;
      next = { state, bytes, hash: await store.putBlob(bytes), stateHash };
    },
    async commit({ version, ...outcome }, figures) {
      if (next === undefined) throw new TypeError("a commit follows an aggregate");
      const { round, attempt, headerHashes } = outcome;
      const judged = strategy.hasSeveralModels ? {} : await ports.evaluate?.(next.state.params);
      const metrics: Metrics = { ...tally.metrics(), ...judged, ...figures };
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
        ...(next.stateHash && { stateHash: next.stateHash }),
        headerHashes: [...headerHashes],
        record: toBase64(commit.record),
        signature: toBase64(commit.signature),
      });
      serverState = next.state;
      paramsBytes = next.bytes;
      paramsHash = next.hash;
      hashes = new Map();
      lastCommitHash = commitHash(commit.record, sha256);
      next = undefined;
      return commit;
    },
  };
}
