import { afterEach, expect, it } from "vitest";
import { nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { f32 } from "../../shared/codec/f32.ts";
import { checkCommit } from "../../shared/protocol/checkReceipt.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import { connectRawClient, joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

let coordinator: TestCoordinator | undefined;
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await coordinator?.close();
  coordinator = undefined;
});

it("completes a round with two clients: receipts, the exact mean, a signed commit, and the next round", async () => {
  coordinator = await startTestCoordinator({ plan: { cohort: { size: 2, quorum: 2 } } });
  const [a, b] = await Promise.all([joinRawClient(coordinator.url, "a"), joinRawClient(coordinator.url, "b")]);
  clients.push(a, b);
  const [offerA, offerB] = await Promise.all([a.offer(), b.offer()]);
  const deltaOf = (value: number) => new Float32Array(10).fill(value);
  const updateA = await a.update(offerA, { delta: deltaOf(1), numExamples: 1 });
  const updateB = await b.update(offerB, { delta: deltaOf(4), numExamples: 3 });
  const acks = await Promise.all([a.send(updateA), b.send(updateB, 16)]);
  expect(acks).toMatchObject([
    { ok: true, receipt: {} },
    { ok: true, receipt: {} },
  ]);

  const commit = parseCommit(await a.next("commit"));
  const { plan, planHash, runId } = await a.welcome();
  const { coordinatorKey } = a.challenge;
  const record = checkCommit(commit, { runId, coordinatorKey, planHash }, { verify: nodeVerify, sha256: nodeSha256 });
  expect(record.headerHashes).toEqual([updateA.headerHash, updateB.headerHash].sort());
  expect(plan.rounds).toBeNull();

  const response = await fetch(`${coordinator.url}/api/params/${commit.paramsHash}`);
  // 1 + (1·1 + 3·4) / 4 = 4.25
  expect(f32.decode(new Uint8Array(await response.arrayBuffer()), 10)).toEqual(new Float32Array(10).fill(4.25));
  expect((await a.offer()).round).toBe(1);
  expect((await b.offer()).baseParamsHash).toBe(commit.paramsHash);
});

it("broadcasts to nobody before its welcome or after its goodbye", async () => {
  coordinator = await startTestCoordinator({ plan: { cohort: { size: 1, quorum: 1 } } });
  const other = await connectRawClient(coordinator.url, "other");
  const heard: string[] = [];
  other.socket.onAny((event: string) => heard.push(event));
  const member = await joinRawClient(coordinator.url, "member");
  clients.push(member, other);
  const playRound = async (offer: Offer): Promise<void> => {
    await member.send(await member.update(offer));
    await member.next("commit");
  };

  await playRound(await member.offer());
  const next = await member.offer(); // the round that follows is the member's too
  await other.hello();
  await other.welcome();
  expect(heard[0]).toBe("welcome"); // messages keep their order: a broadcast would stand before it

  await other.emit("leave", {});
  heard.length = 0;
  await playRound(next);
  expect(await other.emit("leave", {})).toMatchObject({ ok: false, code: "UNAUTHENTICATED" }); // all before it has come
  expect(heard).toEqual([]);
});
