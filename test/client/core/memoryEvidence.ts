import {
  type EvidenceStore,
  type KeptCommit,
  type KeptFork,
  memoryReceipts,
  type ReceiptStore,
} from "../../../client/core/keptReceipt.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";

/** Receipts and what they prove, in memory. */
export function memoryEvidence(changes: Partial<EvidenceStore> = {}) {
  const commits = new Map<ContentHash, readonly KeptCommit[]>();
  const forks: KeptFork[] = [];
  const evidence: EvidenceStore = {
    place: "memory",
    async keepCommits({ headerHash }, kept) {
      commits.set(headerHash, kept);
    },
    async keepFork(fork) {
      forks.push(fork);
    },
    ...changes,
  };
  const receipts = memoryReceipts();
  const store: ReceiptStore = { ...receipts, evidence };
  return { ...store, receipts: receipts.receipts, forks, commitsOf: (update: ContentHash) => commits.get(update) };
}
