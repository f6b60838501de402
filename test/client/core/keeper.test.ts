import { describe, expect, it } from "vitest";
import { createKeeper } from "../../../client/core/keeper.ts";
import { type KeptReceipt, memoryReceipts } from "../../../client/core/keptReceipt.ts";
import { memoryPersonal } from "../../../client/core/personalStore.ts";
import type { StrategyPlan } from "../../../shared/protocol/strategyPlan.ts";
import { updateHash } from "../../contract/personalStore.ts";

const RUN = "0a".repeat(16);
const CLIENT = "0b".repeat(32);
const [OURS, NEXT, OTHERS] = [updateHash("1"), updateHash("2"), updateHash("3")];
const [BEFORE, AFTER] = [Uint8Array.of(1), Uint8Array.of(2)];

/** A client that kept BEFORE and holds AFTER under the update that it sent in round 4, at the second attempt. */
async function sent({
  strategy = { kind: "feddyn", alpha: 0.1, population: 2 } as StrategyPlan,
  received = true,
} = {}) {
  const personal = memoryPersonal();
  const receipts = memoryReceipts();
  const open = () => createKeeper({ personal, receipts, clientKey: CLIENT, plan: () => ({ runId: RUN, strategy }) });
  await personal.hold(RUN, NEXT, BEFORE);
  await personal.promote(RUN, NEXT);
  await personal.hold(RUN, OURS, AFTER);
  const receive = (): Promise<void> =>
    receipts.keep({ runId: RUN, clientKey: CLIENT, round: 4, attempt: 1, headerHash: OURS } as KeptReceipt);
  const keeper = open();
  if (received) {
    await receive();
    await keeper.received();
  }
  return { keeper, open, receive, personal };
}

const commitOf = (round: number, ...headerHashes: (typeof OURS)[]) => ({
  round,
  headerHashes: [OTHERS, ...headerHashes],
});

describe("what a client keeps where the server's state moves with it", () => {
  it("is what it was as long as it is not known whether the update counted", async () => {
    const { personal } = await sent();
    expect(await personal.load(RUN)).toEqual(BEFORE);
    expect(await personal.held(RUN)).toBe(OURS);
  });

  it("moves with the commit that lists the update", async () => {
    const { keeper, personal } = await sent();
    await keeper.committed(commitOf(4, OURS));
    expect(await personal.load(RUN)).toEqual(AFTER);
    expect(await keeper.begin({ round: 5, attempt: 0 })).toEqual(AFTER);
  });

  it("stays where the commit of the round is without the update, as a later round begins too", async () => {
    const { keeper, personal } = await sent();
    await keeper.committed(commitOf(4));
    expect(await personal.held(RUN)).toBeUndefined();
    expect(await keeper.begin({ round: 5, attempt: 0 })).toEqual(BEFORE);
  });

  it("moves with the commit of a round that is done again by a coordinator restored from a backup", async () => {
    const { keeper, personal, receive } = await sent({ received: false });
    await keeper.committed(commitOf(4)); // as it was before
    await keeper.begin({ round: 4, attempt: 1 });
    await personal.hold(RUN, OURS, AFTER);
    await receive();
    await keeper.received();
    await keeper.committed(commitOf(4, OURS));
    expect(await personal.load(RUN)).toEqual(AFTER);
  });

  it("stays where the next offer is of another attempt at the round: that of the update was aborted", async () => {
    const { keeper, personal } = await sent();
    expect(await keeper.begin({ round: 4, attempt: 2 })).toEqual(BEFORE);
    expect(await personal.held(RUN)).toBeUndefined();
  });

  it("is decided the same way by a client that was started again in between", async () => {
    const listed = await sent();
    await listed.open().committed(commitOf(4, OURS));
    expect(await listed.open().begin({ round: 5, attempt: 0 })).toEqual(AFTER);
    const left = await sent();
    await left.open().committed(commitOf(4));
    expect(await left.open().begin({ round: 5, attempt: 0 })).toEqual(BEFORE);
    const aborted = await sent();
    expect(await aborted.open().begin({ round: 4, attempt: 2 })).toEqual(BEFORE);
  });

  it("moves where a later round is offered and the client was away when its own ended", async () => {
    const { keeper, open } = await sent();
    await keeper.committed(commitOf(5));
    expect(await open().begin({ round: 6, attempt: 0 })).toEqual(AFTER);
  });

  it.each([
    ["the attempt was aborted", { round: 4, attempt: 1, phase: "aborted" }, BEFORE],
    ["there was another one", { round: 4, attempt: 2, phase: "announced" }, BEFORE],
    ["an earlier one was aborted", { round: 4, attempt: 0, phase: "aborted" }, AFTER],
    ["the attempt goes on", { round: 4, attempt: 1, phase: "collecting" }, AFTER],
    ["another round's was aborted", { round: 5, attempt: 3, phase: "aborted" }, AFTER],
  ] as const)("goes by what was heard of its round where nothing better is known: %s", async (_, progress, expected) => {
    const { keeper } = await sent();
    keeper.heard(progress);
    expect(await keeper.begin({ round: 6, attempt: 0 })).toEqual(expected);
  });

  it("believes a commit before an abort that a killed coordinator did not write down", async () => {
    const { keeper } = await sent();
    keeper.heard({ round: 4, attempt: 1, phase: "aborted" });
    await keeper.committed(commitOf(4, OURS));
    expect(await keeper.begin({ round: 5, attempt: 0 })).toEqual(AFTER);
    const { keeper: away } = await sent();
    away.heard({ round: 4, attempt: 1, phase: "aborted" });
    away.heard({ round: 4, attempt: 1, phase: "collecting" });
    expect(await away.begin({ round: 5, attempt: 0 })).toEqual(AFTER);
  });

  it("moves without a receipt by the commit alone", async () => {
    const listed = await sent({ received: false });
    await listed.keeper.committed(commitOf(4, OURS));
    expect(await listed.keeper.begin({ round: 5, attempt: 0 })).toEqual(AFTER);
    const { keeper, personal } = await sent({ received: false });
    expect(await keeper.begin({ round: 5, attempt: 0 })).toEqual(BEFORE);
    expect(await personal.held(RUN)).toBe(OURS);
  });

  it("stays where the receipt comes after the commit that the update is not in", async () => {
    const { keeper, receive, personal } = await sent({ received: false });
    await keeper.committed(commitOf(4));
    await receive();
    await keeper.received();
    expect(await personal.held(RUN)).toBeUndefined();
    expect(await keeper.begin({ round: 5, attempt: 0 })).toEqual(BEFORE);
  });
});

describe("what a client keeps for itself", () => {
  it.each<StrategyPlan>([
    { kind: "fedavg" },
    { kind: "fedavg", client: { kind: "fedrep", headEpochs: 1 } },
    { kind: "fedadam", learningRate: 1, client: { kind: "ditto", lambda: 1 } },
    { kind: "fedavgm", momentum: 0.5, client: { kind: "moon", mu: 1, temperature: 1 } },
    { kind: "fedbuff", concurrency: 2 },
  ])("moves with the receipt, whatever becomes of the attempt ($kind)", async (strategy) => {
    const { keeper, personal } = await sent({ strategy });
    expect(await personal.load(RUN)).toEqual(AFTER);
    await keeper.committed(commitOf(4));
    expect(await keeper.begin({ round: 4, attempt: 2 })).toEqual(AFTER);
    const { keeper: silent } = await sent({ strategy, received: false });
    await silent.committed(commitOf(4, OURS));
    expect(await silent.begin({ round: 5, attempt: 0 })).toEqual(BEFORE);
  });
});
