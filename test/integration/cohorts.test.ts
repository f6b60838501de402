import { afterEach, describe, expect, it } from "vitest";
import type { ClientEvent } from "../../client/core/clientEvent.ts";
import { type ClientRunner, runClient } from "../../client/core/clientRunner.ts";
import type { DevicePort } from "../../client/core/devicePort.ts";
import { httpParams } from "../../client/core/fetchParams.ts";
import { memoryReceipts } from "../../client/core/keptReceipt.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import { systemClock } from "../../client/core/systemClock.ts";
import type { TrainerPort } from "../../client/core/trainerPort.ts";
import { createMemoryStore } from "../../server/store/memoryStore.ts";
import { nobleSha256 } from "../../shared/base/nobleSha256.ts";
import { createNaclSigner, naclVerify } from "../../shared/crypto/naclEd25519.ts";
import { parsePace } from "../../shared/protocol/pace.ts";
import { joinRawClient, type RawClient, seedOf } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator, type TestCoordinatorOptions } from "../support/testCoordinator.ts";
import { createVirtualClock } from "../support/virtualClock.ts";

const running: TestCoordinator[] = [];
const clients: RawClient[] = [];
const runners: ClientRunner[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const runner of runners.splice(0)) runner.leave();
  for (const coordinator of running.splice(0)) await coordinator.close();
});

async function start(
  cohort: NonNullable<TestCoordinatorOptions["plan"]>["cohort"],
  options: TestCoordinatorOptions = {},
): Promise<TestCoordinator> {
  const plan = { cohort: { size: 1, overSelection: 1, quorum: 1, ...cohort } };
  const coordinator = await startTestCoordinator({ plan, ...options });
  running.push(coordinator);
  return coordinator;
}

async function join(url: string, name: string): Promise<RawClient> {
  const client = await joinRawClient(url, name);
  clients.push(client);
  return client;
}

const pace = async (client: RawClient) => parsePace(await client.next("pace"));

describe("eligibility", () => {
  it("asks no device that breaks a rule, says why, and asks it once it keeps the rule", async () => {
    const { url } = await start({ eligibility: { charging: true } });
    const client = await join(url, "a");
    expect(await client.emit("device", { charging: false })).toEqual({ ok: true });
    expect(await pace(client)).toMatchObject({ reason: "not-eligible", retryAfterMs: 600_000 });
    expect(await client.emit("device", { charging: true })).toEqual({ ok: true });
    expect(await client.offer()).toMatchObject({ round: 0 });
  });

  it("takes a malformed fact for what it is", async () => {
    const { url } = await start({ eligibility: { charging: true } });
    const client = await join(url, "a");
    expect(await client.emit("device", { charging: "always" })).toMatchObject({ ok: false, code: "MALFORMED" });
  });

  it("sends a client away that cannot be asked, and has it back when its device changes", async () => {
    const { url } = await start({ eligibility: { charging: true } });
    let charging = false;
    let changed = (): void => {};
    const device: DevicePort = {
      facts: () => ({ charging, idle: true }),
      watch(onChange) {
        changed = onChange;
        return () => {};
      },
    };
    const trainer: TrainerPort = {
      prepare: async () => ({ numParams: 10, inputShape: [4], outputSize: 2, name: "tiny" }),
      train: async () => ({
        ...{ delta: new Float32Array(10), numExamples: 5, numSteps: 1, trainLoss: 1 },
        ...{ parts: new Map(), metrics: { trainLoss: 1 } },
      }),
      close() {},
    };
    const kinds: ClientEvent["kind"][] = [];
    const receipt = new Promise<void>((resolve) => {
      const runner = runClient({
        ports: {
          connect: socketConnection({ url }),
          fetchParams: httpParams(url),
          trainer,
          signer: createNaclSigner(seedOf("a")),
          verify: naclVerify,
          sha256: nobleSha256,
          receipts: memoryReceipts(),
          device,
          clock: systemClock,
          random: () => 0,
        },
        numExamples: 5,
        software: "test",
        onEvent(event) {
          kinds.push(event.kind);
          if (event.kind === "paced") {
            expect(event).toMatchObject({ leaves: true, pace: { reason: "not-eligible" } });
            charging = true;
            changed();
          }
          if (event.kind === "receipt") resolve();
        },
      });
      runners.push(runner);
    });
    await receipt;
    expect(kinds.filter((kind) => kind === "joined" || kind === "paced")).toEqual(["joined", "paced", "joined"]);
  });
});

describe("pacing", () => {
  it("lets a client rest after its round, and asks it again when its time has come", async () => {
    const clock = createVirtualClock();
    const { url } = await start({ pacing: { minIntervalMs: 90_000 } }, { clock });
    const client = await join(url, "a");
    await client.send(await client.update(await client.offer()));
    await client.next("commit");
    expect(await pace(client)).toMatchObject({ reason: "resting", retryAfterMs: 90_000 });
    clock.advance(100_000); // a look every ten seconds while somebody rests
    expect(await client.offer()).toMatchObject({ round: 1 });
  });
});

describe("the sampler of a plan", () => {
  it("remembers who was asked across a restart", async () => {
    const store = createMemoryStore();
    const cohort = { sampler: { kind: "round-robin" } } as const;
    const first = await start(cohort, { store });
    const before = await join(first.url, "a");
    for (let round = 0; round < 2; round++) await before.send(await before.update(await before.offer()));
    await before.offer(); // of round 2, which goes on below
    await running.pop()?.close();

    const second = await start(cohort, { store });
    const a = await join(second.url, "a");
    const b = await join(second.url, "b");
    await a.send(await a.update(await a.offer()));
    // a was asked three times, so b is asked until it was too; without the journal they would take turns.
    for (const round of [3, 4, 5]) {
      const offer = await b.offer();
      expect(offer.round).toBe(round);
      await b.send(await b.update(offer));
    }
  });
});
