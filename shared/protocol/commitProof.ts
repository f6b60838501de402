import type { ContentHash } from "../base/hash.ts";
import type { CommitRecord } from "./commitRecord.ts";
import type { Receipt } from "./receipt.ts";

/** What signed commits say about the update of a receipt: that it counts, in one of them, or that all these should hold it. */
export interface CommitProof<C> {
  readonly isCounted: boolean;
  readonly commits: readonly C[];
}

/**
 * Did the update of this receipt count? Judged by commits in the order of their rounds; undefined where they do not say: its
 * attempt was aborted, or a commit is missing. `maxStaleness` is that of the plan. PROTOCOL.md, section 8.
 */
export function proofOf<C extends Pick<CommitRecord, "round" | "attempt" | "headerHashes">>(
  receipt: Pick<Receipt, "round" | "attempt" | "headerHash">,
  commits: readonly C[],
  maxStaleness: number,
): CommitProof<C> | undefined {
  const counting = commits.find(({ headerHashes }) => headerHashes.includes(receipt.headerHash));
  if (counting !== undefined) return { isCounted: true, commits: [counting] };
  const { round: first, attempt: own } = receipt;
  const due = commits.filter(({ round }) => round >= first && round <= first + maxStaleness);
  const isWhole =
    due.length === maxStaleness + 1 &&
    due.every(({ round, attempt }, i) => round === first + i && attempt === (i === 0 ? own : 0));
  return isWhole ? { isCounted: false, commits: due } : undefined;
}

/** What tells one commit from another, and what it follows. */
export interface CommitLink extends Pick<CommitRecord, "round" | "commitNumber" | "previousCommitHash"> {
  /** That of its record. */
  readonly hash: ContentHash;
}

/** Two commits that cannot be of one history: whoever signed both told two. Where commits between them are missing, none shows. */
export function isFork(earlier: CommitLink, later: CommitLink): boolean {
  if (earlier.hash === later.hash) return false;
  if (earlier.round === later.round || earlier.commitNumber === later.commitNumber) return true;
  return earlier.commitNumber + 1 === later.commitNumber && later.previousCommitHash !== earlier.hash;
}
