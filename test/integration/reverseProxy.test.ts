import { get } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { joinRawClient } from "../support/rawClient.ts";
import { startReverseProxy } from "../support/reverseProxy.ts";
import { startScriptedClient } from "../support/scriptedClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startBehindProxy(path: string, strips: boolean) {
  const coordinator = await startTestCoordinator({
    ...{ plan: { cohort: { size: 1, quorum: 1 } }, trustProxy: ["127.0.0.1"] },
    publicUrl: `https://example.org${path}`,
    limits: { maxConnectionsPerAddress: 3 },
  });
  const proxy = await startReverseProxy({ targetPort: coordinator.port, path, strips, host: "example.org" });
  closers.push(coordinator.close, proxy.close);
  return { coordinator, proxy };
}

/** Status and location, redirects not followed; by hand, as `fetch` takes no origin and no host. */
function ask(coordinator: TestCoordinator, path: string): Promise<{ status?: number; location?: string }> {
  return new Promise((resolve, reject) => {
    const { port } = coordinator;
    const headers = { host: "example.org" };
    get({ host: "127.0.0.1", port, path, headers, agent: false }, ({ statusCode, headers: { location } }) =>
      resolve({ ...(statusCode && { status: statusCode }), ...(location && { location }) }),
    ).on("error", reject);
  });
}

describe.each([
  ["at the top of its host", "", false],
  ["below a path that it takes off", "/fl", true],
  ["below a path that it passes on", "/research/fl", false],
])("behind a reverse proxy, %s", (_, path, strips) => {
  it("a client takes part with nothing but the address it was given", async () => {
    const { coordinator, proxy } = await startBehindProxy(path, strips);
    const member = startScriptedClient({ url: proxy.url, name: "a", numParams: 10, delta: 0.5 });
    closers.push(member.leave);
    await member.until((event) => event.kind === "receipt" && event.receipts === 2);
    expect(proxy.paths.length).toBeGreaterThan(2);
    expect(proxy.paths.filter((asked) => !asked.startsWith(`${path}/`))).toEqual([]);
    expect(coordinator.status().live.version).toBeGreaterThan(0);
    expect((await fetch(`${proxy.url}/api/status`)).status).toBe(200);
  });

  it("a page of the public address may open a socket, and one of any other may not", async () => {
    const { proxy } = await startBehindProxy(path, strips);
    const open = (origin: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${proxy.url}/socket.io/?EIO=4&transport=websocket`, { origin });
        socket.once("open", () => {
          resolve("opened");
          socket.terminate();
        });
        socket.once("error", () => resolve("refused"));
      });
    expect(await open("https://example.org")).toBe("opened");
    expect(await open("https://evil.example")).toBe("refused");
    expect(await open("http://example.org")).toBe("refused");
  });
});

it("counts clients by the address that the proxy saw, not by what they claim", async () => {
  const { coordinator } = await startBehindProxy("/fl", false);
  // Straight to the coordinator from the proxy's address: as if three clients of 203.0.113.7 came through it.
  const claim = (address: string) =>
    new Promise<string>((resolve) => {
      const url = `ws://127.0.0.1:${coordinator.port}/fl/socket.io/?EIO=4&transport=websocket`;
      const socket = new WebSocket(url, { headers: { "x-forwarded-for": address } });
      closers.push(() => socket.terminate());
      socket.once("open", () => resolve("opened"));
      socket.once("error", () => resolve("refused"));
    });
  const outcomes: string[] = [];
  for (let i = 0; i < 4; i++) outcomes.push(await claim(`198.51.100.${i}, 203.0.113.7`));
  expect(outcomes).toEqual(["opened", "opened", "opened", "refused"]);
  expect(await claim("203.0.113.8")).toBe("opened");
});

it("serves what lies below the path and, for proxies that take it off, at the top; the bare path leads to the page", async () => {
  const { coordinator } = await startBehindProxy("/research/fl", false);
  expect(await ask(coordinator, "/research/fl/api/status")).toEqual({ status: 200 });
  expect(await ask(coordinator, "/api/status")).toEqual({ status: 200 });
  expect(await ask(coordinator, "/research/fl?x=1")).toEqual({ status: 301, location: "fl/" });
  expect((await ask(coordinator, "/research/flat/api/status")).status).toBe(404);
});

it("admits 300 clients of one address in one burst", async () => {
  const coordinator = await startTestCoordinator({ plan: { cohort: { size: 300, quorum: 300 } } });
  closers.push(coordinator.close);
  const clients = await Promise.all(Array.from({ length: 300 }, (_, i) => joinRawClient(coordinator.url, `c${i}`)));
  expect(coordinator.status().live.numConnected).toBe(300);
  for (const client of clients) client.close();
});
