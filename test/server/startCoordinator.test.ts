import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Coordinator, createLogger, type StartCoordinatorOptions, startCoordinator } from "../../server/index.ts";
import { loadCoordinatorSeed } from "../../server/store/coordinatorSeed.ts";
import { createRng } from "../../shared/base/rng.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { tinyFedBn, tinyLora } from "../support/privateModels.ts";
import { joinRawClient } from "../support/rawClient.ts";
import { tinyModel } from "../support/testCoordinator.ts";

let directory: string;
const running: Coordinator[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headwater-start-"));
});

afterEach(async () => {
  for (const coordinator of running.splice(0)) await coordinator.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(options: Partial<StartCoordinatorOptions> = {}): Promise<Coordinator> {
  const coordinator = await startCoordinator({
    plan: { name: "embedded", rounds: 1, cohort: { size: 1, quorum: 1 } },
    model: tinyModel(),
    directory,
    port: 0,
    logger: createLogger("silent"),
    initialParams: new Float32Array(10),
    ...options,
  });
  running.push(coordinator);
  return coordinator;
}

it("runs in one's own program: trains, judges on a test set, keeps everything, goes on under the same key", async () => {
  const testData = {
    numExamples: 3,
    inputShape: [4],
    inputs: new Float32Array(12).fill(1),
    targets: Uint8Array.of(0, 1, 1),
    targetSize: 1,
  };
  const first = await start({ testData });
  const client = await joinRawClient(first.url, "a");
  await client.send(
    await client.update(await client.offer(), { delta: Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 0) }),
  );
  await client.next("commit");
  client.close();
  const [round] = first.rounds();
  // The weights of class 1 are all one, those of class 0 zero: logits [0, 4] for each row, so two of three are right.
  expect(round?.testAccuracy).toBeCloseTo(2 / 3, 12);
  // Mean of ln(1 + e^4) for the wrong row and ln(1 + e^-4) for the two right ones: (4.01815 + 2 x 0.01815) / 3.
  expect(round?.testLoss).toBeCloseTo(1.35148, 4);
  await first.close();
  running.pop();

  const second = await start();
  expect(second).toMatchObject({ isContinued: true, fingerprint: first.fingerprint });
  expect(second.rounds()).toEqual(first.rounds());
  const response = await fetch(`${second.url}/api/params/${second.status().live.paramsHash}`);
  const params = decodeParams(tinyModel().spec, new Uint8Array(await response.arrayBuffer()));
  expect([...params]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 0]);
});

it("judges a model whose private part stays with the clients as one that begins would, and not without its base", async () => {
  const testData = {
    numExamples: 1,
    inputShape: [4],
    inputs: new Float32Array(4).fill(1),
    targets: Uint8Array.of(0),
    targetSize: 1,
  };
  const model = tinyFedBn();
  const initialParams = model.init(createRng(1)).fill(0, 0, model.spec.sharedLength);
  const coordinator = await start({ testData, model, initialParams });
  const client = await joinRawClient(coordinator.url, "a");
  const delta = Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 0);
  await client.send(await client.update(await client.offer(), { delta }));
  await client.next("commit");
  client.close();
  // As above; 1 / sqrt(1 + 1e-5), by which a mean of 0 and a variance of 1 divide, moves a logit by 2e-5.
  expect(coordinator.rounds()[0]?.testLoss).toBeCloseTo(4.01815, 4);
  await coordinator.close();
  running.pop();

  const lora = tinyLora();
  const adapted = await startCoordinator({
    plan: { name: "adapted", rounds: 1, cohort: { size: 1, quorum: 1 } },
    ...{ testData, model: lora, directory: join(directory, "lora"), port: 0, logger: createLogger("silent") },
  });
  running.push(adapted);
  const other = await joinRawClient(adapted.url, "b");
  await other.send(await other.update(await other.offer(), { delta: new Float32Array(6).fill(0.5) }));
  await other.next("commit");
  other.close();
  expect(adapted.rounds()[0]?.testLoss).toBeUndefined();
});

it("keeps the folder that it makes from other users of the machine", async () => {
  const made = join(directory, "run");
  await start({ directory: made });
  expect(statSync(made).mode & 0o077).toBe(0);
});

it("refuses another key than the one that the run was created under, and does not advise to delete the run", async () => {
  await (await start()).close();
  running.pop();
  rmSync(join(directory, "secrets", "coordinator.seed"));
  await loadCoordinatorSeed({ directory }); // another one
  await expect(start()).rejects.toThrow(
    /^the run was created under the coordinator key [^;]*; put the right [^;]* is kept$/,
  );
});

it("leaves folder and port free when it cannot start", async () => {
  const first = await start();
  const other = mkdtempSync(join(tmpdir(), "headwater-start-"));
  try {
    await expect(start({ directory: other, port: first.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(start({ port: 0 })).rejects.toThrow(/in use/);
    const second = await start({ directory: other, port: 0 });
    expect(second.isContinued).toBe(true); // made by the start that failed, and not locked by it
    await second.close();
    running.pop();
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

it("opens no round once the folder holds more than it may, says why to the operator, and goes on when it may", async () => {
  let paused: () => void = () => {};
  const isPaused = new Promise<void>((resolve) => {
    paused = resolve;
  });
  const onPhase: StartCoordinatorOptions["onPhase"] = ({ live }) => live.isPaused && paused();
  let maxDiskBytes = 1;
  const full = await start({ maxDiskBytes: () => maxDiskBytes, timing: { mendMs: 20 }, onPhase });
  const client = await joinRawClient(full.url, "a");
  await isPaused;
  expect(full.status().live).toMatchObject({ isPaused: true, phase: "idle" });
  expect(full.paused()).toMatch(/may hold 1 MiB; raise --max-disk; then it goes on by itself: the run/);
  const answer = await fetch(`${full.url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ code: "DISK_FULL", message: expect.not.stringContaining(directory) });
  expect((await fetch(`${full.url}/healthz`)).status).toBe(200);
  maxDiskBytes = 2 ** 30;
  expect((await client.offer()).round).toBe(0);
  expect(full.status().live.isPaused).toBe(false);
  expect((await fetch(`${full.url}/readyz`)).status).toBe(200);
  client.close();
});
