import { describe, expect, it } from "vitest";
import type { ContentHash } from "../../../shared/base/hash.ts";
import { type CommitLink, isFork, proofOf } from "../../../shared/protocol/commitProof.ts";

const hashOf = (digit: string): ContentHash => `sha256-${digit.repeat(64)}`;
const [OURS, OTHERS] = [hashOf("1"), hashOf("2")];
const RECEIPT = { round: 4, attempt: 1, headerHash: OURS };

const commit = (round: number, attempt: number, ...headerHashes: ContentHash[]) => ({ round, attempt, headerHashes });

describe("proofOf", () => {
  it.each([
    ["of its attempt, with it", [commit(4, 1, OTHERS, OURS)], true],
    ["of its attempt, without it", [commit(4, 1, OTHERS)], false],
    ["of another attempt: that of the receipt was aborted", [commit(4, 2, OTHERS)], undefined],
    ["of the round before", [commit(3, 0, OTHERS)], undefined],
    ["of the round after: its own was missed", [commit(5, 0, OTHERS)], undefined],
    ["none", [], undefined],
  ] as const)("goes by the commit of the receipt's attempt where rounds are synchronous: %s", (_, commits, expected) => {
    expect(proofOf(RECEIPT, commits, 0)?.isCounted).toBe(expected);
  });

  it.each([
    ["the first with it", [commit(4, 1, OTHERS), commit(5, 0, OURS)], true],
    ["all without it", [commit(4, 1), commit(5, 0, OTHERS), commit(6, 0)], false],
    ["all without it, and others", [commit(3, 7), commit(4, 1), commit(5, 0), commit(6, 0), commit(7, 3)], false],
    ["too few", [commit(4, 1), commit(5, 0)], undefined],
    ["one missed", [commit(4, 1), commit(6, 0), commit(7, 0)], undefined],
    ["its attempt aborted", [commit(4, 2), commit(5, 0), commit(6, 0)], undefined],
    ["a later attempt aborted", [commit(4, 1), commit(5, 1), commit(6, 0)], undefined],
  ] as const)("asks all that an update may count in where rounds are not: %s", (_, commits, expected) => {
    expect(proofOf(RECEIPT, commits, 2)?.isCounted).toBe(expected);
  });

  it("names the commits that prove it, and no others", () => {
    const commits = [commit(3, 0), commit(4, 1), commit(5, 0), commit(6, 0, OURS)];
    expect(proofOf(RECEIPT, commits, 2)?.commits).toEqual([commits[3]]);
    expect(proofOf(RECEIPT, commits.slice(0, 3), 1)?.commits).toEqual([commits[1], commits[2]]);
  });
});

describe("isFork", () => {
  const link = (changes: Partial<CommitLink>): CommitLink => ({
    round: 4,
    commitNumber: 5,
    hash: hashOf("5"),
    previousCommitHash: hashOf("4"),
    ...changes,
  });
  const next = { round: 5, commitNumber: 6, hash: hashOf("6"), previousCommitHash: hashOf("5") };

  it.each([
    ["the next commit that names it", next, false],
    ["the same commit again", {}, false],
    ["a later commit, those between missing", { ...next, commitNumber: 7, previousCommitHash: hashOf("7") }, false],
    ["an earlier commit", { ...next, round: 3, commitNumber: 4, previousCommitHash: hashOf("3") }, false],
    ["the next commit that names another", { ...next, previousCommitHash: hashOf("7") }, true],
    ["the next commit that names none", { ...next, previousCommitHash: null }, true],
    ["another commit of the same round", { ...next, round: 4 }, true],
    ["another commit of the same number", { ...next, commitNumber: 5 }, true],
  ])("tells whether two commits are of one history: %s", (_, later, expected) => {
    expect(isFork(link({}), link(later))).toBe(expected);
  });
});
