import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSendBytes } from "../../../server/http/sendBytes.ts";
import { createWebServer, HTTP_LIMITS, type WebServer } from "../../../server/http/webServer.ts";
import type { LimitName } from "../../../server/telemetry/limitNames.ts";

/** More than kernels keep for a connection. */
const NUM_BYTES = 2 ** 25;

let web: WebServer;
let socket: Socket;
let hits: LimitName[];

/** A connection that asks for a body and does not read it. */
async function ask(path: string): Promise<Socket> {
  const asking = connect((web.httpServer.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  asking.write(`GET ${path} HTTP/1.1\r\nhost: here\r\n\r\n`);
  await once(asking, "readable");
  return asking;
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const app = new Hono<{ Bindings: HttpBindings }>();
  hits = [];
  const sendBytes = createSendBytes({ maxSendingBytes: 2 * NUM_BYTES, onLimit: (limit) => hits.push(limit) });
  app.get("*", (context) => sendBytes(context, new Uint8Array(NUM_BYTES), { contentType: "text/plain" }));
  web = createWebServer({ answer: getRequestListener(app.fetch, { overrideGlobalObjects: false }) });
  await new Promise<void>((resolve) => web.httpServer.listen(0, "127.0.0.1", resolve));
  socket = await ask("/");
  expect(vi.getTimerCount()).toBe(1);
});

afterEach(async () => {
  vi.useRealTimers();
  socket.destroy();
  web.httpServer.closeAllConnections();
  await new Promise((resolve) => web.httpServer.close(resolve));
});

it("ends the connection of a peer that writes on and takes no more of a long answer", async () => {
  socket.write("\r\n\r\n");
  vi.advanceTimersByTime(HTTP_LIMITS.pieceTimeoutMs);
  await new Promise((resolve) => socket.resume().once("close", resolve));
  expect(socket.bytesRead).toBeLessThan(NUM_BYTES);
  await expect.poll(() => vi.getTimerCount()).toBe(0);
});

it.each([
  ["was taken whole", () => expect.poll(() => socket.resume().bytesRead).toBeGreaterThan(NUM_BYTES)],
  ["has lost its peer", async () => void socket.destroy()],
])("measures no time for a long answer that %s", async (_, end) => {
  await end();
  await expect.poll(() => vi.getTimerCount()).toBe(0);
});

it("ends the connection that is slow with the oldest of three bodies where there is room for two", async () => {
  const second = await ask("/second");
  expect(hits).toEqual([]);
  const third = await ask("/third");
  expect(hits).toEqual(["http-sending"]);
  await new Promise((resolve) => socket.resume().once("close", resolve));
  expect(socket.bytesRead).toBeLessThan(NUM_BYTES);
  for (const served of [third, second]) {
    await expect.poll(() => served.resume().bytesRead).toBeGreaterThan(NUM_BYTES);
  }
  expect(hits).toEqual(["http-sending"]);
});
