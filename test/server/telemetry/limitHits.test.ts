import { afterEach, expect, it } from "vitest";
import { createLogger, createMemoryStore, createTelemetry, startCoordinator } from "../../../server/index.ts";
import type { CoordinatorTiming } from "../../../server/rounds/run.ts";
import { MAX_STRIKES } from "../../../server/transport/guardedListeners.ts";
import type { TransportLimits } from "../../../server/transport/transportLimits.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";
import { connectRawClient, joinRawClient } from "../../support/rawClient.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A coordinator with these limits, and how often each was hit. */
async function start(limits: Partial<TransportLimits>, timing: Partial<CoordinatorTiming> = {}) {
  const telemetry = createTelemetry({ version: "test" });
  const coordinator = await startCoordinator({
    plan: { name: "limits", rounds: 1, cohort: { size: 1, quorum: 1 } },
    ...{ model: tinyModel(), store: createMemoryStore(), port: 0, logger: createLogger("silent"), telemetry },
    ...{ limits, timing },
  });
  closing.push(coordinator.close, telemetry.close);
  const hits = async (): Promise<Record<string, number>> => {
    const counted = (await telemetry.text()).matchAll(/^headwater_limit_hits_total\{limit="([a-z-]+)"\} (\d+)$/gm);
    const entries = [...counted].map(([, limit, count]) => [limit, Number(count)] as const);
    return Object.fromEntries(entries.filter(([, count]) => count > 0));
  };
  return { url: coordinator.url, hits };
}

it("counts a refused connection, by what refused it", async () => {
  const full = await start({ maxConnections: 1 });
  const client = await joinRawClient(full.url, "a");
  await expect(connectRawClient(full.url, "b")).rejects.toThrow();
  expect(await full.hits()).toEqual({ connections: 1 });
  client.close();

  const crowded = await start({ maxConnectionsPerAddress: 1 });
  const first = await joinRawClient(crowded.url, "a");
  await expect(connectRawClient(crowded.url, "b")).rejects.toThrow();
  expect(await crowded.hits()).toEqual({ "connections-per-address": 1 });
  first.close();
});

it("counts messages that come too fast", async () => {
  const { url, hits } = await start({ messageBurst: 2, messagesPerSecond: 1 });
  const client = await joinRawClient(url, "a"); // its hello was one
  await client.emit("leave", {});
  expect(await client.emit("leave", {})).toMatchObject({ code: "RATE_LIMITED" });
  expect(await hits()).toEqual({ "message-rate": 1 });
  client.close();
});

it("counts a socket that is closed for its faults, and one for a packet beyond the bounds", async () => {
  const { url, hits } = await start({});
  const client = await joinRawClient(url, "a");
  const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
  for (let strikes = 0; strikes < MAX_STRIKES; strikes += 5) client.socket.emit("nonsense", {});
  await gone;
  expect(await hits()).toEqual({ strikes: 1 });

  const large = await joinRawClient(url, "b");
  const cut = new Promise((resolve) => large.socket.once("disconnect", resolve));
  large.socket.emit("leave", { text: "x".repeat(LIMITS.maxTextChars) });
  await cut;
  expect(await hits()).toEqual({ strikes: 1, frame: 1 });
  const larger = await joinRawClient(url, "c");
  const cutToo = new Promise((resolve) => larger.socket.once("disconnect", resolve));
  larger.socket.emit("leave", { bytes: new Uint8Array(LIMITS.maxFrameBytes + 1) });
  await cutToo;
  expect(await hits()).toEqual({ strikes: 1, frame: 2 });
});

it("counts a peer that connects and proves no key", async () => {
  const { url, hits } = await start({}, { helloMs: 100 });
  const silent = await connectRawClient(url, "a");
  await expect.poll(hits).toEqual({ hello: 1 });
  silent.close();
});

it("counts from zero what an alert looks for, so that the first time is a rise", async () => {
  const telemetry = createTelemetry({ version: "test" });
  closing.push(telemetry.close);
  const text = await telemetry.text();
  expect(text).toContain('headwater_config_reloads_total{result="refused"} 0');
  expect(text).toContain('headwater_limit_hits_total{limit="connections"} 0');
});
