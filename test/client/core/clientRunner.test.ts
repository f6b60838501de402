import { describe, expect, it } from "vitest";
import { checkKeptReceipt } from "../../../client/core/checkKeptReceipt.ts";
import type { ClientEvent } from "../../../client/core/clientEvent.ts";
import type { OpenConnection } from "../../../client/core/connection.ts";
import { type KeptReceipt, memoryReceipts, toBase64 } from "../../../client/core/keptReceipt.ts";
import { memoryPersonal, type PersonalStore } from "../../../client/core/personalStore.ts";
import { type TrainerPort, UnfitError } from "../../../client/core/trainerPort.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { fakeCoordinator, PARAMS } from "./fakeCoordinator.ts";
import { fakeTrainer, kept, play, trained } from "./scene.ts";
import { drain } from "./virtualClock.ts";

/** Keeps the count of trainings, and records with which ones each began. */
function keepingTrainer() {
  const begun: (number | undefined)[] = [];
  const trainer: TrainerPort = {
    ...fakeTrainer().trainer,
    async train({ kept }) {
      begun.push(kept?.[0]);
      return { ...trained(), kept: Uint8Array.of(begun.length) };
    },
  };
  return { trainer, begun };
}

const FEDDYN = { kind: "feddyn", alpha: 0.1, population: 1000 } as const;

describe("runClient", () => {
  it("trains, uploads in chunks and keeps the coordinator's receipt", async () => {
    const coordinator = fakeCoordinator();
    const { receipts, trainings } = await play({ coordinator, until: kept });
    expect(trainings).toEqual(["09".repeat(16)]);
    expect(receipts).toHaveLength(1);
    expect(receipts[0]).toMatchObject({ round: 0, attempt: 0, journalSeq: 3, numExamples: 12, trainLoss: 1.5 });
    expect(receipts[0]?.record).toBe(toBase64(coordinator.receipt?.record ?? new Uint8Array()));
  });

  it("holds what stays with it before its update is sent, and lets it count once that has a receipt", async () => {
    const { trainer, begun } = keepingTrainer();
    const steps: string[] = [];
    const coordinator = fakeCoordinator({
      cut(direction, name) {
        if (`${direction} ${name}` === "in submit") steps.push("submit");
        return false;
      },
    });
    const personal: PersonalStore = {
      ...memoryPersonal(),
      load: async () => undefined,
      async hold(runId, headerHash, bytes) {
        await Promise.resolve();
        steps.push(`hold ${runId} ${headerHash} ${bytes}`);
      },
      async promote(runId, headerHash) {
        await Promise.resolve();
        steps.push(`promote ${runId} ${headerHash}`);
      },
    };
    const { events, receipts } = await play({ coordinator, ports: { trainer, personal }, until: kept });
    const [{ runId, headerHash }] = receipts as [KeptReceipt];
    expect(begun).toEqual([undefined]);
    expect(steps).toEqual([`hold ${runId} ${headerHash} 1`, "submit", `promote ${runId} ${headerHash}`]);
    expect(events.at(-1)?.kind).toBe("kept");
  });

  it("lets it count with the commit that lists its update, where the server's state moves with that", async () => {
    const { trainer } = keepingTrainer();
    const personal = memoryPersonal();
    const coordinator = fakeCoordinator({ strategy: FEDDYN });
    const { receipts } = await play({ coordinator, ports: { trainer, personal }, until: kept });
    const [{ runId, headerHash }] = receipts as [KeptReceipt];
    expect(await personal.load(runId)).toBeUndefined();
    await coordinator.commit({ round: 0, attempt: 0 }, [headerHash]);
    await drain();
    expect(await personal.load(runId)).toEqual(Uint8Array.of(1));
  });

  it.each([
    ["of the same round", false, { round: 0, attempt: 1 }],
    ["of a later one, after it heard of the abort", true, { round: 1, attempt: 0 }],
  ])("begins with what it began with before an aborted attempt, at an offer %s", async (_, isTold, next) => {
    const { trainer, begun } = keepingTrainer();
    const personal = memoryPersonal();
    const coordinator = fakeCoordinator({ strategy: FEDDYN });
    const { receipts } = await play({ coordinator, ports: { trainer, personal }, until: kept });
    if (isTold) coordinator.abort({ round: 0, attempt: 0 });
    coordinator.ask(next);
    await drain();
    expect(begun).toEqual([undefined, undefined]);
    expect(receipts).toHaveLength(2);
    await coordinator.commit(next, [(receipts[1] as KeptReceipt).headerHash]);
    coordinator.ask({ round: 2, attempt: 0 });
    await drain();
    expect(begun).toEqual([undefined, undefined, 2]);
  });

  it("is done once all is written that stays with it", async () => {
    const { trainer } = keepingTrainer();
    let isWritten = (): void => {};
    const written = new Promise<void>((resolve) => {
      isWritten = resolve;
    });
    const personal = { ...memoryPersonal(), promote: () => written };
    const coordinator = fakeCoordinator({ strategy: FEDDYN });
    const { client, receipts } = await play({ coordinator, ports: { trainer, personal }, until: kept });
    await coordinator.commit({ round: 0, attempt: 0 }, [(receipts[0] as KeptReceipt).headerHash]);
    let isDone = false;
    void client.done.then(() => {
      isDone = true;
    });
    client.leave();
    await drain();
    expect(isDone).toBe(false);
    isWritten();
    await drain();
    expect(isDone).toBe(true);
  });

  it("sends no update whose other half it cannot hold, and says why", async () => {
    const { trainer } = keepingTrainer();
    const personal = { ...memoryPersonal(), hold: () => Promise.reject(new Error("disk full")) };
    const declined = (events: readonly ClientEvent[]): boolean => events.some(({ kind }) => kind === "declined");
    const { events, receipts } = await play({
      coordinator: fakeCoordinator(),
      ports: { trainer, personal },
      until: declined,
    });
    expect(events.find(({ kind }) => kind === "declined")).toMatchObject({
      reason: expect.stringContaining("disk full"),
    });
    expect(receipts).toEqual([]);
  });

  it("warns, and goes on, where what has its receipt cannot be promoted, and does so before the next training", async () => {
    const { trainer } = keepingTrainer();
    const personal = memoryPersonal();
    const failing = { ...personal, promote: () => Promise.reject(new Error("disk full")) };
    const first = await play({ coordinator: fakeCoordinator(), ports: { trainer, personal: failing }, until: kept });
    const message = "what stays with this client could not be kept: disk full";
    expect(first.events).toContainEqual({ kind: "warning", message });
    expect(first.events.at(-1)?.kind).toBe("kept");
    // As after a crash between the receipt and the promotion: the receipt is what the next process finds.
    const receipts = memoryReceipts();
    for (const receipt of first.receipts) await receipts.keep(receipt);
    const second = keepingTrainer();
    const hasTrained = (events: readonly ClientEvent[]): boolean => events.some(({ kind }) => kind === "trained");
    const ports = { trainer: second.trainer, personal, receipts };
    await play({ coordinator: fakeCoordinator(), ports, until: hasTrained });
    expect(second.begun).toEqual([1]);
  });

  it("keeps none of a training whose receipt it has not: the same ticket is trained the same way again", async () => {
    const { trainer } = keepingTrainer();
    const personal = memoryPersonal();
    const receipts = { ...memoryReceipts(), keep: () => Promise.reject(new Error("disk full")) };
    const warned = (events: readonly ClientEvent[]): boolean => events.some(({ kind }) => kind === "warning");
    await play({ coordinator: fakeCoordinator(), ports: { trainer, receipts, personal }, until: warned });
    const again = keepingTrainer();
    await play({ coordinator: fakeCoordinator(), ports: { trainer: again.trainer, personal }, until: kept });
    expect(again.begun).toEqual([undefined]);
  });

  it("keeps receipts that prove themselves later, and only as they are", async () => {
    const { receipts } = await play({ coordinator: fakeCoordinator(), until: kept });
    const [receipt] = receipts as [KeptReceipt];
    const ports = { verify: naclVerify, sha256: nobleSha256 };
    expect(checkKeptReceipt(receipt, ports).journalSeq).toBe(3);
    const other = toBase64(new Uint8Array(64).fill(1));
    const forgeries: readonly (readonly [string, Partial<KeptReceipt>])[] = [
      ["BAD_SIGNATURE", { signature: other }],
      ["DIGEST_MISMATCH", { round: 1 }],
      ["DIGEST_MISMATCH", { header: other }],
      ["WRONG_RUN", { runId: "6".repeat(32) }],
      ["WRONG_RUN", { coordinatorKey: receipt.clientKey }],
    ];
    for (const [code, change] of forgeries) {
      expect(() => checkKeptReceipt({ ...receipt, ...change }, ports), code).toThrow(expect.objectContaining({ code }));
    }
  });

  it("gets the same receipt, from one training and one signed header, whichever message is cut", async () => {
    const messages: string[] = [];
    const calm = await play({
      coordinator: fakeCoordinator({ cut: (direction, name) => messages.push(`${direction} ${name}`) < 0 }),
      until: kept,
    });
    // connect, challenge, hello, welcome, offer, accept, submit, four chunks, and the acknowledgements
    expect(messages.length).toBeGreaterThanOrEqual(16);
    for (let at = 0; at < messages.length; at++) {
      let seen = 0;
      const coordinator = fakeCoordinator({ cut: () => seen++ === at });
      const { receipts, trainings } = await play({ coordinator, until: kept });
      expect(coordinator.connections, messages[at]).toBe(2);
      expect(trainings, messages[at]).toHaveLength(1);
      expect(new Set(coordinator.submissions).size, messages[at]).toBe(1);
      expect(receipts, messages[at]).toEqual(calm.receipts);
    }
  });

  it("gets its receipt through a network that cuts every 13th message, for ever", async () => {
    let seen = 0;
    const coordinator = fakeCoordinator({ cut: () => ++seen % 13 === 0 });
    const { receipts, trainings } = await play({ coordinator, until: kept });
    expect(coordinator.connections).toBeGreaterThan(2);
    expect(trainings).toHaveLength(1);
    expect(receipts).toHaveLength(1);
  });

  it("keeps trying an address that does not answer, with waits of at most 30 s", async () => {
    const coordinator = fakeCoordinator({ cut: () => true });
    const { client, clock } = await play({ coordinator, until: () => coordinator.connections >= 20 });
    expect(coordinator.connections).toBe(20);
    expect(Math.max(...clock.waits)).toBeLessThanOrEqual(30_000);
    expect(client.state.link.at).not.toBe("ended");
  });

  it("asks again for params that cannot be fetched or do not have their hash", async () => {
    let asked = 0;
    const { receipts } = await play({
      coordinator: fakeCoordinator(),
      ports: {
        fetchParams: async () => {
          asked++;
          if (asked === 1) throw new Error("params expected HTTP 200, got 503");
          return asked === 2 ? PARAMS.map((byte) => byte ^ 1) : PARAMS;
        },
      },
      until: kept,
    });
    expect(asked).toBe(3);
    expect(receipts).toHaveLength(1);
  });

  it.each([
    ["BAD_KEY", { coordinatorKey: "0".repeat(64) }],
    ["WRONG_RUN", { runId: "6".repeat(32) }],
  ] as const)("refuses a coordinator that is not the pinned one (%s) and closes the trainer", async (code, session) => {
    let closed = false;
    const { trainer } = fakeTrainer();
    const ports = { trainer: { ...trainer, close: () => (closed = true) } as unknown as TrainerPort };
    const { client } = await play({ coordinator: fakeCoordinator(), session, ports, until: () => false });
    expect(await client.done).toMatchObject({ reason: "refused", code });
    expect(closed).toBe(true);
  });

  it("refuses a plan whose hash is another, before it trains", async () => {
    const coordinator = fakeCoordinator({
      tamper: (name, payload) => (name === "welcome" ? { ...payload, planHash: `sha256-${"0".repeat(64)}` } : payload),
    });
    const { client, trainings } = await play({ coordinator, until: () => false });
    expect(await client.done).toMatchObject({ reason: "refused", code: "PLAN_MISMATCH" });
    expect(trainings).toEqual([]);
  });

  it("says why its data does not fit the model", async () => {
    const { trainer } = fakeTrainer();
    const prepare = async (): Promise<never> => {
      throw new UnfitError("examples expected 784 numbers, got 4");
    };
    const { client } = await play({
      coordinator: fakeCoordinator(),
      ports: { trainer: { ...trainer, prepare } },
      until: () => false,
    });
    expect(await client.done).toMatchObject({
      code: "SHAPE_MISMATCH",
      message: "examples expected 784 numbers, got 4",
    });
  });

  it("connects again when its trainer fails to start, as it might the next time", async () => {
    const { trainer } = fakeTrainer();
    let failures = 0;
    const prepare: TrainerPort["prepare"] = (model, plan) =>
      failures++ === 0 ? Promise.reject(new Error("out of memory")) : trainer.prepare(model, plan);
    const coordinator = fakeCoordinator();
    const { receipts } = await play({ coordinator, ports: { trainer: { ...trainer, prepare } }, until: kept });
    expect(coordinator.connections).toBe(2);
    expect(receipts).toHaveLength(1);
  });

  it("keeps no receipt whose signature does not hold", async () => {
    const coordinator = fakeCoordinator({
      tamper: (name, payload) => {
        if (name !== "receipt") return payload;
        const { record } = payload.receipt as { record: Uint8Array };
        return { ...payload, receipt: { record, signature: new Uint8Array(64).fill(3) } };
      },
    });
    const abandoned = (events: readonly ClientEvent[]): boolean => events.some(({ kind }) => kind === "abandoned");
    const { receipts } = await play({ coordinator, until: abandoned });
    expect(receipts).toEqual([]);
  });

  it("drops a coordinator that sends what is no message, and comes back", async () => {
    let broken = 0;
    const coordinator = fakeCoordinator({
      tamper: (name, payload) => (name === "offer" && broken++ === 0 ? { ...payload, numParams: -1 } : payload),
    });
    const { receipts } = await play({ coordinator, until: kept });
    expect(coordinator.connections).toBe(2);
    expect(receipts).toHaveLength(1);
  });

  it("takes no offers from a coordinator that has not welcomed it, so that they cannot pile up", async () => {
    const coordinator = fakeCoordinator();
    let withheld = false;
    const connect: OpenConnection = (handlers) =>
      coordinator.connect({
        ...handlers,
        message(name, payload) {
          if (name === "welcome" && !withheld) withheld = true;
          else handlers.message(name, payload);
        },
      });
    const { events, receipts } = await play({ coordinator, ports: { connect }, until: kept });
    expect(events.find(({ kind }) => kind === "reconnecting")).toMatchObject({
      reason: expect.stringMatching(/welcome/),
    });
    expect(receipts).toHaveLength(1);
  });

  it("takes its leave from the coordinator", async () => {
    const coordinator = fakeCoordinator();
    const { client } = await play({ coordinator, until: kept });
    client.leave();
    expect(await client.done).toMatchObject({ reason: "left" });
    expect(coordinator.left).toBe(true);
  });
});
