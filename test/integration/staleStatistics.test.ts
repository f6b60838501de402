import { expect, it } from "vitest";
import { openStore } from "../../server/store/sqliteStore.ts";
import { verifyStore } from "../../server/verify/verifyStore.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { batchNorm } from "../../shared/nn/layers/normalisation/batchNorm.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { sharedStatistics } from "../../shared/params/sharedStatistics.ts";
import { parseCommit } from "../../shared/protocol/commit.ts";
import type { Offer } from "../../shared/protocol/offer.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startRealCoordinator } from "../support/safetensorsCoordinator.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";

const MAX_STALENESS = 9; // beyond the commits whose params every run keeps
/** What the clients measure in round 0, and all but the stalest afterwards. */
const EARLY = 0.25;
const LATE = 0.75;

const model = defineModel({
  name: "tiny batch norm",
  input: { shape: [2] },
  layers: [batchNorm(2), linear(2, 2)],
  loss: "softmaxCrossEntropy",
});
const statistics = sharedStatistics(model.spec);

it("FedBuff mixes the statistics of its stalest client in from what it began at: live, after a restart and in verify", async () => {
  const directory = temporaryFolder();
  const plan = {
    cohort: { size: 2, quorum: 2 },
    strategy: { kind: "fedbuff", concurrency: 3 },
    maxStaleness: MAX_STALENESS,
    retention: "all",
  } as const;
  const open = async (names: readonly string[]) => {
    const store = await openStore({ directory, windowMs: 0 });
    const coordinator = await startRealCoordinator({ model, plan, store, timing: { gatherMs: 5000 } });
    const clients = await Promise.all(names.map((name) => joinRawClient(coordinator.url, name)));
    const levels = async (hash: string): Promise<number[]> => {
      const params = decodeParams(model.spec, await store.getBlob(hash as never));
      return statistics.flatMap(({ offset, length }) => [...params.subarray(offset, offset + length)]);
    };
    /** What a client that began at the offer's params sends: all that it measured is `level`. */
    const send = async (client: RawClient, offer: Offer, level: number): Promise<void> => {
      const base = decodeParams(model.spec, await store.getBlob(offer.baseParamsHash));
      const delta = new Float32Array(base.length).fill(1 / 64);
      for (const { offset, length } of statistics)
        for (let i = offset; i < offset + length; i++) delta[i] = level - base[i]!;
      expect(await client.send(await client.update(offer, { delta }))).toMatchObject({ ok: true, receipt: {} });
    };
    const close = async (): Promise<void> => {
      for (const client of clients) client.close();
      await coordinator.close();
      await store.close();
    };
    return { clients, levels, send, close };
  };

  const first = await open(["a", "b", "c"]);
  const [a, b, c] = first.clients as [RawClient, RawClient, RawClient];
  await first.send(b, await b.offer(), EARLY);
  await first.send(c, await c.offer(), EARLY);
  await Promise.all(first.clients.map((client) => client.next("commit")));
  const stale = await c.offer(); // of the first commit: the initial params stay for good
  for (let round = 1; round <= MAX_STALENESS; round++) {
    const offers = await Promise.all([a.offer(), b.offer()]); // a's first one is of the round before
    await first.send(a, offers[0], LATE);
    await first.send(b, offers[1], LATE);
    await a.next("commit");
  }
  const { baseParamsHash } = await a.offer();
  for (const level of await first.levels(baseParamsHash)) expect(level).toBeCloseTo(LATE, 6);
  await first.send(c, stale, 0.5);
  await first.close();

  const again = await open(["a"]);
  const [back] = again.clients as [RawClient];
  await again.send(back, await back.offer(), LATE);
  const { paramsHash } = parseCommit(await back.next("commit"));
  // Of the two one is fresh, and measured what there is; s(9) = 1 / sqrt(10).
  const expected = LATE + (0.5 - LATE) / Math.sqrt(10) / 2;
  for (const level of await again.levels(paramsHash)) expect(level).toBeCloseTo(expected, 6);
  await again.close();

  expect(await verifyStore(directory)).toMatchObject({
    ok: true,
    level: "models",
    numModelsRecomputed: MAX_STALENESS + 2,
  });
});
