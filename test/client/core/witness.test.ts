import { describe, expect, it } from "vitest";
import type { ClientEvent } from "../../../client/core/clientEvent.ts";
import { type KeptReceipt, keptCommit, memoryReceipts } from "../../../client/core/keptReceipt.ts";
import { createWitness } from "../../../client/core/witness.ts";
import { type ContentHash, toHex } from "../../../shared/base/hash.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { commitHash, encodeCommitRecord } from "../../../shared/protocol/commitRecord.ts";
import { hashOf, RUN } from "./honestWorld.ts";
import { memoryEvidence } from "./memoryEvidence.ts";

const CLIENT = "0b".repeat(32);
const [OURS, NEXT, OTHERS] = [hashOf("1"), hashOf("2"), hashOf("3")];
const COORDINATOR = new Uint8Array(32).fill(7);

/** A client at a run whose updates may lie so many commits behind, and whoever commits its rounds. */
function watched(maxStaleness = 0) {
  const store = memoryEvidence();
  const warnings: string[] = [];
  const start = () =>
    createWitness({
      receipts: store,
      clientKey: CLIENT,
      sha256: nobleSha256,
      warn: (message) => warnings.push(message),
    });
  let witness = start();
  const hear = (event: object): Promise<void> => witness.hear(event as ClientEvent);
  const agree = () =>
    hear({ kind: "run", plan: { runId: RUN.runId, maxStaleness }, coordinatorKey: toHex(COORDINATOR) });
  void agree();
  const receive = async (round: number, headerHash = OURS, attempt = 0): Promise<void> => {
    const receipt = { runId: RUN.runId, clientKey: CLIENT, round, attempt, headerHash } as KeptReceipt;
    await store.keep(receipt);
    await hear({ kind: "kept", receipt });
  };
  let previous: ContentHash | null = null;
  /** Commits a round after the one before, or after `follows`; gives the commit's hash and what is kept of it. */
  const commit = async (
    round: number,
    headerHashes: readonly ContentHash[],
    { attempt = 0, follows = previous, hears = true } = {},
  ) => {
    const record = encodeCommitRecord({
      version: 1,
      runId: RUN.runId,
      coordinatorKey: COORDINATOR,
      planHash: RUN.planHash,
      modelHash: RUN.modelHash,
      round,
      attempt,
      commitNumber: round + 1,
      baseParamsHash: hashOf("a"),
      paramsHash: hashOf("b"),
      previousCommitHash: follows,
      metricsHash: hashOf("c"),
      totalWeight: 1,
      headerHashes,
    });
    previous = commitHash(record, nobleSha256);
    const signed = { record, signature: new Uint8Array(64) };
    if (hears) await hear({ kind: "metrics", commit: signed });
    return { record, hash: previous, kept: keptCommit(signed) };
  };
  const offer = (round: number): Promise<void> => hear({ kind: "offered", offer: { round } });
  const train = (round: number): Promise<void> => hear({ kind: "training", offer: { round } });
  const restart = (): Promise<void> => {
    witness = start();
    return agree();
  };
  return { ...store, warnings, offer, train, receive, commit, restart };
}

describe("a witness of a synchronous run", () => {
  it("keeps with a receipt the commit that its update is in, and warns of nothing", async () => {
    const { warnings, receive, commit, commitsOf } = watched();
    await receive(0);
    const { kept } = await commit(0, [OTHERS, OURS]);
    await receive(1, NEXT);
    await commit(1, [NEXT]);
    await commit(2, [OTHERS]);
    expect(commitsOf(OURS)).toEqual([kept]);
    expect(warnings).toEqual([]);
  });

  it("keeps the commit that leaves its update out, and says what it means and where both are", async () => {
    const { warnings, receive, commit, commitsOf } = watched();
    await receive(4, OURS, 1);
    const { kept } = await commit(4, [OTHERS], { attempt: 1 });
    expect(commitsOf(OURS)).toEqual([kept]);
    expect(warnings).toEqual([
      "round 5 was committed without your update, for which there is a receipt: the coordinator left it out, on purpose, or " +
        "because it was restored from a backup; the proof is kept in memory",
    ]);
    await commit(5, [OTHERS]);
    expect(warnings).toHaveLength(1);
  });

  it("sees it too where the receipt comes after the commit, or the client was started again in between", async () => {
    const late = watched();
    await late.commit(4, [OTHERS]);
    await late.receive(4);
    expect(late.commitsOf(OURS)).toHaveLength(1);
    const again = watched();
    await again.receive(4);
    await again.restart();
    await again.commit(4, [OTHERS]);
    expect(again.commitsOf(OURS)).toHaveLength(1);
    expect([late.warnings.length, again.warnings.length]).toEqual([1, 1]);
  });

  it("judges a receipt by no commit from before its offer: a coordinator restored from a backup does rounds again", async () => {
    const { warnings, offer, receive, commit, commitsOf } = watched();
    await commit(3, [OTHERS]);
    await commit(4, [OTHERS]);
    await offer(4);
    await receive(4);
    expect(warnings).toEqual([]);
    const { kept } = await commit(4, [OURS]);
    expect(commitsOf(OURS)).toEqual([kept]);
  });

  it("knows the commits that came between the offer and the training in an asynchronous run", async () => {
    const { warnings, offer, train, receive, commit, commitsOf } = watched(2);
    await offer(4);
    await commit(4, [OTHERS]);
    await train(4);
    await receive(4);
    for (const round of [5, 6]) await commit(round, [OTHERS]);
    expect(warnings).toHaveLength(1);
    expect(commitsOf(OURS)).toHaveLength(3);
  });

  it("accuses nobody where the receipt's attempt was aborted, or its commit was missed", async () => {
    const { warnings, receive, commit, commitsOf } = watched();
    await receive(0);
    await commit(0, [OTHERS], { attempt: 1 });
    await receive(1, NEXT);
    await commit(1, [OTHERS], { hears: false });
    await commit(2, [OTHERS]);
    expect([commitsOf(OURS), commitsOf(NEXT)]).toEqual([undefined, undefined]);
    expect(warnings).toEqual([]);
  });
});

describe("a witness of an asynchronous run", () => {
  it("keeps the later commit that an update counts in, whichever order receipts come in", async () => {
    const { warnings, receive, commit, commitsOf } = watched(2);
    await receive(0);
    await commit(0, [OTHERS]);
    await receive(1, NEXT);
    const second = await commit(1, [NEXT]);
    const third = await commit(2, [OURS]);
    expect([commitsOf(OURS), commitsOf(NEXT)]).toEqual([[third.kept], [second.kept]]);
    for (const round of [3, 4, 5]) await commit(round, [OTHERS]);
    expect(warnings).toEqual([]);
  });

  it("warns once every commit that it may count in is without it, and keeps them all", async () => {
    const { warnings, receive, commit, commitsOf } = watched(2);
    const first = await commit(0, [OTHERS]); // the offer was of round 0, the update came later
    await receive(0);
    const second = await commit(1, []);
    expect(warnings).toEqual([]);
    const third = await commit(2, [OTHERS]);
    expect(commitsOf(OURS)).toEqual([first.kept, second.kept, third.kept]);
    expect(warnings).toHaveLength(1);
  });

  it("accuses nobody where it did not hear all of them, or one's attempt was aborted", async () => {
    const missed = watched(1);
    await missed.receive(0);
    await missed.commit(0, [], { hears: false });
    for (const round of [1, 2, 3]) await missed.commit(round, []);
    const aborted = watched(1);
    await aborted.receive(0);
    await aborted.commit(0, []);
    await aborted.commit(1, [], { attempt: 1 });
    await aborted.commit(2, []);
    expect([...missed.warnings, ...aborted.warnings]).toEqual([]);
  });
});

it("says that a proof is kept nowhere where its client keeps receipts alone", async () => {
  const warnings: string[] = [];
  const receipts = memoryReceipts();
  const witness = createWitness({
    receipts,
    clientKey: CLIENT,
    sha256: nobleSha256,
    warn: (text) => warnings.push(text),
  });
  const { record } = await watched().commit(4, [OTHERS]);
  const heard = [
    { kind: "run", plan: { runId: RUN.runId, maxStaleness: 0 }, coordinatorKey: toHex(COORDINATOR) },
    { kind: "metrics", commit: { record, signature: new Uint8Array(64) } },
    { kind: "kept", receipt: { round: 4, attempt: 0, headerHash: OURS } },
  ];
  for (const event of heard) await witness.hear(event as ClientEvent);
  expect(warnings).toEqual([expect.stringMatching(/left it out, .*; nothing here keeps the proof$/)]);
});

describe("a witness of a fork", () => {
  it("keeps both commits, and says once what it may be and where they are", async () => {
    const { forks, warnings, commit } = watched();
    await commit(0, []);
    const shown = await commit(1, [OTHERS]);
    const other = await commit(2, [], { follows: hashOf("9") });
    expect(forks).toEqual([{ runId: RUN.runId, coordinatorKey: "07".repeat(32), fork: [shown.kept, other.kept] }]);
    expect(warnings).toEqual([
      "the commit of round 3 contradicts that of round 2, which came before it: the coordinator tells two histories, on " +
        "purpose, or because it was restored from a backup; the proof is kept in memory",
    ]);
    await commit(3, [], { follows: hashOf("8") });
    expect(forks).toHaveLength(1);
  });

  it("sees a coordinator that was restored from a backup once it commits a round anew", async () => {
    const { forks, commit } = watched();
    const { hash } = await commit(3, []);
    await commit(4, []);
    const shown = await commit(5, []);
    await commit(4, [OTHERS], { follows: hash });
    expect(forks).toEqual([]);
    const anew = await commit(5, [OTHERS]);
    expect(forks.map(({ fork }) => fork)).toEqual([[shown.kept, anew.kept]]);
  });

  it("sees none where it missed commits, where one is told again, or where it was started anew", async () => {
    const { forks, warnings, commit, restart } = watched();
    await commit(0, []);
    await commit(0, [], { follows: null });
    await commit(1, [], { hears: false });
    await commit(2, []);
    await restart();
    await commit(2, [OTHERS]);
    expect([forks, warnings]).toEqual([[], []]);
  });
});
