import type { ContentHash } from "../../shared/base/hash.ts";
import type { CommitRecord } from "../../shared/protocol/commitRecord.ts";
import type { RoundProgress } from "../../shared/protocol/roundProgress.ts";
import type { RunPlan } from "../../shared/protocol/runPlan.ts";
import { keptCountsWith } from "../../shared/train/keptCountsWith.ts";
import type { ReceiptNames, ReceiptStore } from "./keptReceipt.ts";
import type { PersonalStore } from "./personalStore.ts";

export interface KeeperOptions {
  readonly personal: PersonalStore;
  readonly receipts: ReceiptStore;
  /** Hex. */
  readonly clientKey: string;
  /** That of the run, once it is agreed on. */
  readonly plan: () => Pick<RunPlan, "runId" | "strategy">;
}

type Attempt = Pick<RoundProgress, "round" | "attempt">;
type Commit = Pick<CommitRecord, "round" | "headerHashes">;

/** Decides when what a training ended with is what its client goes on with. */
export interface Keeper {
  /** What the training of this offer begins with, whatever happened since the last one. */
  begin(offer: Attempt): Promise<Uint8Array | undefined>;
  /** A receipt was stored. */
  received(): Promise<void>;
  /** A commit whose signature holds. */
  committed(commit: Commit): Promise<void>;
  /** Where a round stands, as far as the coordinator's word goes. */
  heard(progress: Pick<RoundProgress, "round" | "attempt" | "phase">): void;
}

/** Rounds whose aborts are remembered: who is never asked again hears of rounds for ever. */
const MOST_ROUNDS = 64;

/**
 * Where the receipt is enough, what is held under its update counts from then on. Where the server moves too
 * (`keptCountsWith`), it counts with the commit that lists the update, and is dropped at the commit of its round without it
 * or at another attempt at its round. A client that was away and is asked for a later round saw neither: an update with a
 * receipt counts then, as nearly all do, unless its attempt was heard to be aborted; one without counts in no case.
 */
export function createKeeper({ personal, receipts, clientKey, plan }: KeeperOptions): Keeper {
  let commit: Commit | undefined;
  /** The last attempt that was aborted, as heard, by round; -1 for none. */
  const aborted = new Map<number, number>();

  /** Undefined as long as nothing says either. */
  function counts(held: ContentHash, receipt: ReceiptNames | undefined, next: Attempt | undefined) {
    if (commit?.headerHashes.includes(held)) return true;
    if (receipt === undefined) return undefined;
    if (commit?.round === receipt.round) return false;
    if (next === undefined) return undefined;
    return next.round > receipt.round && receipt.attempt > (aborted.get(receipt.round) ?? -1);
  }

  async function settle(next?: Attempt): Promise<void> {
    const { runId, strategy } = plan();
    const last = await receipts.last(runId, clientKey);
    if (keptCountsWith(strategy) === "receipt") {
      // Also where a crash came between a receipt and the promotion of what it is for.
      if (last !== undefined) await personal.promote(runId, last.headerHash);
      return;
    }
    const held = await personal.held(runId);
    if (held === undefined) return;
    const verdict = counts(held, last?.headerHash === held ? last : undefined, next);
    if (verdict === true) await personal.promote(runId, held);
    else if (verdict === false) await personal.drop(runId, held);
  }

  return {
    async begin(offer) {
      // A coordinator that was restored from a backup does rounds again: what became of them before says nothing of them now.
      if (commit !== undefined && commit.round >= offer.round) commit = undefined;
      await settle(offer);
      return personal.load(plan().runId);
    },
    received: () => settle(),
    async committed(record) {
      if (keptCountsWith(plan().strategy) === "receipt") return;
      commit = record;
      await settle();
    },
    heard({ round, attempt, phase }) {
      // A coordinator that was killed before an abort was durable goes on with the attempt: its last word counts.
      aborted.set(round, phase === "aborted" ? attempt : attempt - 1);
      if (aborted.size > MOST_ROUNDS) aborted.delete(aborted.keys().next().value as number);
    },
  };
}
