import type { Sha256 } from "../../shared/base/hash.ts";
import type { SignedCommit } from "../../shared/protocol/commit.ts";
import { type CommitLink, isFork, proofOf } from "../../shared/protocol/commitProof.ts";
import { type CommitRecord, commitHash, parseCommitRecord } from "../../shared/protocol/commitRecord.ts";
import type { ClientEvent } from "./clientEvent.ts";
import { keptCommit, type ReceiptNames, type ReceiptStore } from "./keptReceipt.ts";
import { messageOf } from "./messageOf.ts";

export interface WitnessOptions {
  /** Those of the client, with what they prove. */
  readonly receipts: ReceiptStore;
  /** Hex. */
  readonly clientKey: string;
  readonly sha256: Sha256;
  readonly warn: (message: string) => void;
}

/** Holds a coordinator to what it signed. */
export interface Witness {
  /** An event of the client. Settles when what it proves is kept, or was warned of; never rejects. */
  hear(event: ClientEvent): Promise<void>;
}

type Agreed = Pick<ClientEvent & { readonly kind: "run" }, "plan" | "coordinatorKey">;
type Seen = CommitRecord & CommitLink & { readonly signed: SignedCommit };

/** It may be no lie: a coordinator that lost its last rounds does them again. */
const WHY = "on purpose, or because it was restored from a backup";

/**
 * Keeps beside each receipt the signed commit that its update counts in, or those that prove that it was left out; and two
 * commits that cannot be of one history. What was committed while the client was away proves nothing.
 */
export function createWitness({ receipts, clientKey, sha256, warn }: WitnessOptions): Witness {
  const { evidence } = receipts;
  const proven = evidence === undefined ? "nothing here keeps the proof" : `the proof is kept in ${evidence.place}`;
  let agreed: Agreed | undefined;
  /** Receipts on which no commit has spoken yet; at first the last one from before this start. */
  let open: readonly ReceiptNames[] | undefined;
  /** In the order of their rounds, as many as an update may count in. */
  let commits: readonly Seen[] = [];
  let newest: Seen | undefined;
  let isForked = false;
  let tail = Promise.resolve();

  async function openReceipts({ plan }: Agreed): Promise<readonly ReceiptNames[]> {
    if (open !== undefined) return open;
    const last = await receipts.last(plan.runId, clientKey);
    return last === undefined ? [] : [last];
  }

  async function settle({ plan }: Agreed, asked: readonly ReceiptNames[]): Promise<void> {
    const { runId, maxStaleness } = plan;
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

  async function compare({ plan, coordinatorKey }: Agreed, seen: Seen): Promise<void> {
    const before = newest;
    if (before === undefined || seen.commitNumber >= before.commitNumber) newest = seen;
    if (before === undefined || isForked || !isFork(before, seen)) return;
    isForked = true; // one proof will do
    warn(
      `the commit of round ${seen.round + 1} contradicts that of round ${before.round + 1}, which came before it: the ` +
        `coordinator tells two histories, ${WHY}; ${proven}`,
    );
    const fork = [keptCommit(before.signed), keptCommit(seen.signed)] as const;
    await evidence?.keepFork({ runId: plan.runId, coordinatorKey, fork });
  }

  async function received(run: Agreed, receipt: ReceiptNames): Promise<void> {
    const others = (await openReceipts(run)).filter(({ headerHash }) => headerHash !== receipt.headerHash);
    await settle(run, [...others, receipt]);
  }

  async function committed(run: Agreed, signed: SignedCommit): Promise<void> {
    const seen = { ...parseCommitRecord(signed.record), hash: commitHash(signed.record, sha256), signed };
    const earlier = commits.filter(({ round }) => round < seen.round);
    commits = [...earlier, seen].slice(-1 - run.plan.maxStaleness);
    try {
      await settle(run, await openReceipts(run));
    } finally {
      await compare(run, seen);
    }
  }

  async function take(event: ClientEvent): Promise<void> {
    if (event.kind === "run") agreed = event;
    if (agreed === undefined) return;
    if (event.kind === "kept") await received(agreed, event.receipt);
    if (event.kind === "metrics") await committed(agreed, event.commit);
    // A coordinator that was restored from a backup does rounds again: its commits of before say nothing of what is offered now.
    if (event.kind === "offered") commits = commits.filter(({ round }) => round < event.offer.round);
  }

  return {
    hear(event) {
      tail = tail
        .then(() => take(event))
        .catch((error: unknown) => warn(`a signed commit could not be kept: ${messageOf(error)}`));
      return tail;
    },
  };
}
