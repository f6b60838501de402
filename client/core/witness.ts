import { type Sha256, toHex } from "../../shared/base/hash.ts";
import type { SignedCommit } from "../../shared/protocol/commit.ts";
import { type CommitLink, isFork, proofOf } from "../../shared/protocol/commitProof.ts";
import { type CommitRecord, commitHash } from "../../shared/protocol/commitRecord.ts";
import { keptCommit, type ReceiptNames, type ReceiptStore } from "./keptReceipt.ts";
import { messageOf } from "./messageOf.ts";
import type { Agreement } from "./sealUpdate.ts";

export interface WitnessOptions {
  readonly receipts: ReceiptStore;
  /** Hex. */
  readonly clientKey: string;
  readonly agreed: () => Pick<Agreement, "plan" | "coordinatorKey">;
  readonly warn: (message: string) => void;
}

/** Holds a coordinator to what it signed, and warns where it cannot keep the proof. Never rejects. */
export interface Witness {
  /** A receipt was stored. */
  received(receipt: ReceiptNames): Promise<void>;
  /** A commit whose signature holds. */
  committed(record: CommitRecord, signed: SignedCommit): Promise<void>;
}

export type OpenWitness = (options: WitnessOptions) => Witness;

type Seen = CommitRecord & CommitLink & { readonly signed: SignedCommit };

/** It may be no lie: a coordinator that lost its last rounds makes them anew. */
const WHY = "on purpose, or because it was restored from a backup";

/**
 * Keeps beside each receipt the signed commit that its update counts in, or those that prove that it was left out; and two
 * commits that cannot be of one history. What was committed while this client was away proves nothing.
 */
export function witnessWith(sha256: Sha256): OpenWitness {
  return ({ receipts, clientKey, agreed, warn }) => {
    const { evidence } = receipts;
    const proven = evidence === undefined ? "nothing here keeps the proof" : `the proof is kept in ${evidence.place}`;
    /** Receipts on which no commit has spoken yet; at first the last one from before this start. */
    let open: readonly ReceiptNames[] | undefined;
    /** In the order of their rounds, as many as an update may count in. */
    let commits: readonly Seen[] = [];
    let newest: Seen | undefined;
    let isForked = false;

    async function openReceipts(): Promise<readonly ReceiptNames[]> {
      if (open !== undefined) return open;
      const last = await receipts.last(agreed().plan.runId, clientKey);
      return last === undefined ? [] : [last];
    }

    async function settle(asked: readonly ReceiptNames[]): Promise<void> {
      const { runId, maxStaleness } = agreed().plan;
      const latest = commits.at(-1)?.round ?? -1;
      const judged = asked.map((receipt) => ({ receipt, proof: proofOf(receipt, commits, maxStaleness) }));
      open = judged.flatMap(({ receipt, proof }) =>
        proof === undefined && latest < receipt.round + maxStaleness ? [receipt] : [],
      );
      for (const { receipt, proof } of judged) {
        if (proof === undefined) continue;
        const { round, headerHash } = receipt;
        if (!proof.isCounted) {
          warn(
            `round ${round + 1} was committed without your update, for which there is a receipt: the coordinator left it out, ` +
              `${WHY}; ${proven}`,
          );
        }
        const kept = proof.commits.map(({ signed }) => keptCommit(signed));
        await evidence?.keepCommits({ runId, clientKey, headerHash }, kept);
      }
    }

    async function compare(seen: Seen): Promise<void> {
      const before = newest;
      if (before === undefined || seen.commitNumber >= before.commitNumber) newest = seen;
      if (before === undefined || isForked || !isFork(before, seen)) return;
      isForked = true; // one proof will do
      const { plan, coordinatorKey } = agreed();
      warn(
        `the commit of round ${seen.round + 1} contradicts that of round ${before.round + 1}, which came before it: the ` +
          `coordinator tells two histories, ${WHY}; ${proven}`,
      );
      const fork = [keptCommit(before.signed), keptCommit(seen.signed)] as const;
      await evidence?.keepFork({ runId: plan.runId, coordinatorKey: toHex(coordinatorKey), fork });
    }

    async function attempt(change: () => Promise<void>): Promise<void> {
      try {
        await change();
      } catch (error) {
        warn(`a signed commit could not be kept: ${messageOf(error)}`);
      }
    }

    return {
      received: (receipt) =>
        attempt(async () => {
          const others = (await openReceipts()).filter(({ headerHash }) => headerHash !== receipt.headerHash);
          await settle([...others, receipt]);
        }),
      async committed(record, signed) {
        const seen = { ...record, hash: commitHash(signed.record, sha256), signed };
        const earlier = commits.filter(({ round }) => round < seen.round);
        commits = [...earlier, seen].slice(-1 - agreed().plan.maxStaleness);
        await attempt(async () => settle(await openReceipts()));
        await attempt(() => compare(seen));
      },
    };
  };
}
