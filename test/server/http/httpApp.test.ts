import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_FEED_LIMITS } from "../../../server/http/eventFeed.ts";
import { HTTP_LIMITS } from "../../../server/http/webServer.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";
import { defineModel } from "../../../shared/models/defineModel.ts";
import { linear } from "../../../shared/nn/layers/linear.ts";
import { parseLiveStatus, parseRoundHistory, parseRunStatus } from "../../../shared/protocol/runStatus.ts";
import { joinRawClient } from "../../support/rawClient.ts";
import { startScriptedClient } from "../../support/scriptedClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../../support/testCoordinator.ts";

/** As RFC 6455, section 1.3, has it. */
const UPGRADE =
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

let coordinator: TestCoordinator;

beforeAll(async () => {
  coordinator = await startTestCoordinator({
    plan: { cohort: { size: 1, quorum: 1 }, rounds: 1 },
    allowedOrigins: ["https://good.example"],
  });
});

afterAll(() => coordinator.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${coordinator.url}${path}`, init);

describe("the coordinator over HTTP", () => {
  it("serves published params by content hash: immutable, with an entity tag, HEAD with its length", async () => {
    const { paramsHash } = coordinator.status().live;
    const response = await get(`/api/params/${paramsHash}`);
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(response.headers.get("etag")).toBe(`"${paramsHash}"`);
    const { byteLength } = await response.arrayBuffer();
    const head = await get(`/api/params/${paramsHash}`, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(byteLength));
    const again = await get(`/api/params/${paramsHash}`, {
      headers: { "if-none-match": `W/"x", "${paramsHash}"`, "cache-control": "max-age=0" },
    });
    expect(again.status).toBe(304);
  });

  it("never serves a client's update, only params, and answers errors as JSON with a code", async () => {
    const client = await joinRawClient(coordinator.url, "a");
    const update = await client.update(await client.offer());
    const events = await get("/api/events");
    await client.send(update);
    await client.next("commit");
    const stored = [...coordinator.store.events()].map(({ event }) => event);
    const accepted = stored.find((event) => event.kind === "update-accepted");
    const response = await get(`/api/params/${accepted?.payloadHash}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "NOT_FOUND", message: expect.any(String) });
    expect((await get("/api/params/nonsense")).status).toBe(400);
    client.close();

    const seen = await readEvents(events, ["round"]);
    expect(parseRunStatus(seen.get("status")).live.phase).toBeDefined();
    expect(seen.get("round")).toMatchObject({ round: 0, accepted: 1 });
  });

  it("keeps no place among the readers of events for who asks for their head alone", async () => {
    const { maxReadersPerAddress } = DEFAULT_FEED_LIMITS;
    for (let i = 0; i < maxReadersPerAddress + 2; i++) {
      const head = await get("/api/events", { method: "HEAD" });
      expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    }
    const events = await get("/api/events");
    expect(events.status).toBe(200);
    expect([...(await readEvents(events, ["status"])).keys()]).toEqual(["status"]);
  });

  it("shows status and rounds in the documented form", async () => {
    const status = parseRunStatus(await (await get("/api/status")).json());
    expect(status.run).toMatchObject({ model: "tiny", numParams: 10, outputSize: 2, numRounds: 1 });
    expect(parseLiveStatus(status.live).phase).toBe("finished");
    expect(parseRoundHistory(await (await get("/api/rounds")).json()).rounds).toHaveLength(1);
  });

  it("sends what plan and model hash cover, byte for byte", async () => {
    const { run } = coordinator.status();
    const sha256 = async (path: string): Promise<string> => {
      const digest = await crypto.subtle.digest("SHA-256", await (await get(path)).arrayBuffer());
      return `sha256-${Buffer.from(digest).toString("hex")}`;
    };
    expect(await sha256("/api/plan")).toBe(run.planHash);
    expect(await sha256("/api/model")).toBe(run.modelHash);
  });

  it("is healthy and ready, and forbids inline scripts, foreign frames and foreign readers", async () => {
    const health = await get("/healthz", { headers: { origin: "https://evil.example" } });
    expect(health.status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    expect(health.headers.get("content-security-policy")).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(health.headers.get("content-security-policy")).toContain("worker-src 'self' blob:");
    expect(health.headers.get("access-control-allow-origin")).toBeNull();
    const allowed = await get("/healthz", { headers: { origin: "https://good.example" } });
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://good.example");
  });

  it("sends params longer than a piece whole, and all rounds with the one that was just committed", async () => {
    const { pieceBytes } = HTTP_LIMITS;
    const model = defineModel({
      name: "l",
      input: { shape: [300] },
      layers: [linear(300, 100)],
      loss: "softmaxCrossEntropy",
    });
    const long = await startTestCoordinator({ plan: { cohort: { size: 1, quorum: 1 } }, model });
    const ask = async (path: string) => {
      const answer = await fetch(`${long.url}${path}`);
      const head = await fetch(`${long.url}${path}`, { method: "HEAD" });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      expect([answer, head].map(({ headers }) => headers.get("content-length"))).toEqual(
        Array(2).fill(`${bytes.length}`),
      );
      return bytes;
    };
    const roundsNow = async () =>
      parseRoundHistory(JSON.parse(Buffer.from(await ask("/api/rounds")).toString())).rounds;
    const { paramsHash } = long.status().live;
    const params = await ask(`/api/params/${paramsHash}`);
    expect(params.length).toBeGreaterThan(pieceBytes);
    expect(params).toEqual(new Uint8Array((await long.store.getBlob(paramsHash as ContentHash)) as Uint8Array));

    expect(await roundsNow()).toEqual([]);
    const member = startScriptedClient({ url: long.url, name: "a", numParams: 30_100, delta: 0.5 });
    for (const round of [0, 1]) {
      await member.until((event) => event.kind === "metrics" && event.round === round);
      expect((await roundsNow()).map((summary) => summary.round).slice(0, round + 1)).toEqual(
        [0, 1].slice(0, round + 1),
      );
    }
    await member.leave();
    await long.close();
  });

  it.each([
    ["a page", "/", ""],
    ["a socket", "/socket.io/?EIO=4&transport=polling", ""],
    ["an upgrade", "/socket.io/?EIO=4&transport=websocket", UPGRADE],
  ])("ends a connection that asks for %s while it has not taken its answers, and goes on", async (_, path, headers) => {
    const { port, url } = coordinator;
    const ask = (target: string, more: string): string =>
      `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${more}\r\n`;
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(ask("/api/rounds", "").repeat(HTTP_LIMITS.maxUnfinishedAnswers) + ask(path, headers).repeat(100));
    await new Promise((resolve) => socket.resume().once("close", resolve));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("answers a path that climbs out of the pages with 404", async () => {
    expect((await get("/..%2f..%2fpackage.json")).status).toBe(404);
    expect((await get("/assets/%2e%2e/%2e%2e/package.json")).status).toBe(404);
  });
});

/** Reads server-sent events until each of the wanted ones has come; returns the last of each kind. */
async function readEvents(response: Response, wanted: readonly string[]): Promise<Map<string, unknown>> {
  const seen = new Map<string, unknown>();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!wanted.every((name) => seen.has(name))) {
    const part = await reader?.read();
    if (part === undefined || part.done) break;
    text += part.value;
    for (const [, event = "", data = ""] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g))
      seen.set(event, JSON.parse(data));
  }
  await reader?.cancel();
  return seen;
}
