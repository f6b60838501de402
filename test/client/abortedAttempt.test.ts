import { afterEach, describe, expect, it } from "vitest";
import type { ClientEvent } from "../../client/core/clientEvent.ts";
import { runClient } from "../../client/core/clientRunner.ts";
import { httpParams } from "../../client/core/fetchParams.ts";
import { memoryReceipts } from "../../client/core/keptReceipt.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import { systemClock } from "../../client/core/systemClock.ts";
import type { TrainerPort } from "../../client/core/trainerPort.ts";
import { decodeServerState } from "../../server/strategies/serverStateBytes.ts";
import type { ContentHash } from "../../shared/base/hash.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { createNaclSigner, naclVerify } from "../../shared/crypto/naclEd25519.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { parseSafetensors } from "../../shared/params/parseSafetensors.ts";
import type { StrategyPlan } from "../../shared/protocol/strategyPlan.ts";
import { startRealCoordinator } from "../support/safetensorsCoordinator.ts";
import { tinyModel } from "../support/testCoordinator.ts";
import { inProcessTrainer } from "./inProcessTrainer.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Of one class for each client, so that their gradients differ. */
function dataOf(client: number): Dataset {
  const inputs = Float32Array.from({ length: 48 }, (_, i) => ((i * 7 + client) % 11) / 11);
  return { numExamples: 12, inputShape: [4], inputs, targets: new Int32Array(12).fill(client), targetSize: 1 };
}

/** A client that trains for the first round alone; `began` settles with what it would train with for the second. */
function takePart(url: string, client: number, onEvent: (event: ClientEvent) => void = () => {}) {
  const data = dataOf(client);
  const inner = inProcessTrainer(data);
  const events: ClientEvent[] = [];
  let tellBegan: (kept: Uint8Array) => void = () => {};
  const began = new Promise<Uint8Array>((resolve) => {
    tellBegan = resolve;
  });
  const train: TrainerPort["train"] = async (order) => {
    const { offer } = events.findLast(({ kind }) => kind === "training") as ClientEvent & { kind: "training" };
    if (offer.round === 0) return inner.train(order);
    tellBegan(order.kept as Uint8Array);
    return new Promise((_, reject) => order.signal.addEventListener("abort", () => reject(new Error("over"))));
  };
  const runner = runClient({
    ports: {
      connect: socketConnection({ url }),
      fetchParams: httpParams(url),
      trainer: { ...inner, train },
      signer: createNaclSigner(new Uint8Array(32).fill(client + 1)),
      verify: naclVerify,
      sha256: nobleSha256,
      receipts: memoryReceipts(),
      clock: systemClock,
      random: () => 0.1,
    },
    numExamples: data.numExamples,
    software: "test",
    onEvent(event) {
      events.push(event);
      onEvent(event);
    },
  });
  closers.push(() => {
    runner.leave();
    return runner.done;
  });
  return { runner, began };
}

describe("an attempt that is aborted after some have their receipts", () => {
  it.each<[StrategyPlan, string, string]>([
    [{ kind: "scaffold", population: 2 }, "control", "kept.control"],
    [{ kind: "feddyn", alpha: 0.1, population: 2 }, "h", "kept.gradient"],
  ])("leaves the server of $kind the mean of what its clients keep", async (strategy, ofServer, ofClient) => {
    const plan = { strategy, cohort: { size: 2, quorum: 2 } };
    const timing = { gatherMs: 60_000, retryMs: 1, declineMs: 0 };
    const coordinator = await startRealCoordinator({ model: tinyModel(), plan, timing });
    closers.push(coordinator.close);
    const { store, url } = coordinator;
    // The second client gives its assignments back until the first one has a receipt.
    const second = takePart(url, 1);
    second.runner.pause();
    const first = takePart(url, 0, ({ kind }) => {
      if (kind === "kept") second.runner.resume();
    });
    const kept = await Promise.all([first.began, second.began]);

    const events = [...store.events()].map(({ event }) => event);
    const attempts = events.flatMap((event) =>
      event.kind === "update-accepted" || event.kind === "round-aborted" || event.kind === "round-committed"
        ? [event]
        : [],
    );
    expect(attempts.slice(0, 2).map(({ kind }) => kind)).toEqual(["update-accepted", "round-aborted"]);
    const commit = attempts.at(-1) as { readonly kind: string; readonly stateHash?: ContentHash };
    expect(commit.kind).toBe("round-committed");
    const state = decodeServerState(await store.getBlob(commit.stateHash as ContentHash)).get(ofServer) as Float64Array;
    const [one, other] = kept.map(
      (bytes) => parseSafetensors(bytes, { maxBytes: 10_000 }).get(ofClient)?.values as Float32Array,
    );
    expect(Math.max(...one!.map(Math.abs))).toBeGreaterThan(0.001);
    for (const [i, value] of state.entries()) expect(value).toBeCloseTo((one![i]! + other![i]!) / 2, 6);
  });
});
