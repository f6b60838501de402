import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { systemClock } from "../../../server/systemClock.ts";
import type { Connection } from "../../../server/transport/connection.ts";
import { createSocketTransport } from "../../../server/transport/socketTransport.ts";
import { connectRawClient } from "../../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../../support/testCoordinator.ts";

let coordinator: TestCoordinator;

beforeAll(async () => {
  coordinator = await startTestCoordinator({ allowedOrigins: ["https://good.example"] });
});

afterAll(() => coordinator.close());

/** A bare Engine.IO connection: frames as a hostile peer would write them. */
function rawSocket(origin?: string): WebSocket {
  const url = `${coordinator.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  return new WebSocket(url, origin === undefined ? {} : { origin });
}

function opened(socket: WebSocket): Promise<"opened" | "refused"> {
  return new Promise((resolve) => {
    socket.once("open", () => resolve("opened"));
    socket.once("error", () => resolve("refused"));
  });
}

function closed(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.on("error", () => {});
  });
}

function statusFor(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { port } = coordinator;
    get({ host: "127.0.0.1", port, path: "/api/status", headers: { host }, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

describe("the socket server", () => {
  it.each([
    ["a foreign origin", () => "https://evil.example", "refused"],
    ["no origin, as programs have none", () => undefined, "opened"],
    ["its own origin", () => coordinator.url, "opened"],
    ["an origin that was configured", () => "https://good.example", "opened"],
    ["the null origin of a sandboxed frame", () => "null", "refused"],
    ["another port of the same host", () => "http://127.0.0.1:1", "refused"],
  ])("answers %s before the upgrade", async (_, origin, outcome) => {
    const socket = rawSocket(origin());
    expect(await opened(socket)).toBe(outcome);
    socket.terminate();
  });

  it.each([
    ["a foreign name that was pointed at this machine", "evil.example", "refused", 421],
    ["a name that only begins like this machine's", "127.0.0.1.evil.example", "refused", 421],
    ["localhost", "localhost", "opened", 200],
    ["the other loopback address", "[::1]", "opened", 200],
    ["the host of a configured origin", "good.example", "opened", 200],
  ])("answers %s alike over both faces", async (_, name, outcome, status) => {
    const host = `${name}:${coordinator.port}`;
    // The page's own name on both sides: to the browser this is no foreign origin.
    const address = `ws://127.0.0.1:${coordinator.port}/socket.io/?EIO=4&transport=websocket`;
    const socket = new WebSocket(address, { origin: `http://${host}`, headers: { host } });
    expect(await opened(socket)).toBe(outcome);
    socket.terminate();
    expect(await statusFor(host)).toBe(status);
  });

  it("offers no polling", async () => {
    const response = await fetch(`${coordinator.url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
  });

  it.each([
    ["ten attachments", (socket: WebSocket) => socket.send(`4510-["x",{"_placeholder":true,"num":0}]`)],
    ["a frame of 300 KiB", (socket: WebSocket) => socket.send(`42["x","${"y".repeat(300 * 1024)}"]`)],
    [
      "a text of 5,000 brackets",
      (socket: WebSocket) => socket.send(`421["hello",${"[".repeat(2500)}${"]".repeat(2500)}]`),
    ],
    [
      "attachments of 200 KiB together",
      (socket: WebSocket) => {
        socket.send(`452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`);
        socket.send(Buffer.alloc(100 * 1024));
        socket.send(Buffer.alloc(100 * 1024));
      },
    ],
    [
      "a message in a hundred fragments",
      (socket: WebSocket) => {
        for (let i = 0; i < 100; i++) socket.send("4", { fin: false });
      },
    ],
    ["a namespace of its own", (socket: WebSocket) => socket.send("40/admin,{}")],
    ["an unknown packet type", (socket: WebSocket) => socket.send("49")],
  ])("closes a connection that sends %s", async (_, send) => {
    const socket = rawSocket();
    await opened(socket);
    const gone = closed(socket);
    socket.send("40");
    send(socket);
    if (_ === "a namespace of its own") {
      // Refused with CONNECT_ERROR; the connection itself is as good as before.
      const answer = await new Promise<string>((resolve) =>
        socket.on("message", (data) => String(data).startsWith("44") && resolve(String(data))),
      );
      expect(answer).toContain("Invalid namespace");
      socket.terminate();
    }
    await gone;
  });

  it("keeps serving others meanwhile", async () => {
    const client = await connectRawClient(coordinator.url, "a");
    expect(await client.hello()).toEqual({ ok: true });
    client.close();
  });
});

describe("budgets", () => {
  it("refuses connections of one address beyond its share", async () => {
    const small = await startTestCoordinator({ limits: { maxConnectionsPerAddress: 2 } });
    const first = await connectRawClient(small.url, "a");
    const second = await connectRawClient(small.url, "b");
    await expect(connectRawClient(small.url, "c")).rejects.toThrow();
    first.close();
    second.close();
    await small.close();
  });

  it("answers too many messages with RATE_LIMITED and how long to wait", async () => {
    const small = await startTestCoordinator({ limits: { messageBurst: 3, messagesPerSecond: 1 } });
    const client = await connectRawClient(small.url, "a");
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.emit("leave", {})));
    expect(answers.at(-1)).toMatchObject({ ok: false, code: "RATE_LIMITED", retryAfterMs: expect.any(Number) });
    client.close();
    await small.close();
  });

  it("cuts off a client that does not read", async () => {
    const httpServer = createServer();
    await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
    let connection: Connection | undefined;
    let isGone = false;
    const onGone = (): void => {
      isGone = true;
    };
    const transport = createSocketTransport({
      httpServer,
      clock: systemClock,
      logger: pino({ level: "silent" }),
      allowedOrigins: [],
      trustProxy: false,
      runFor: () => ({
        id: "the-one",
        accept(accepted) {
          connection = accepted;
          return { handle: async () => ({ reply: {} }), closed: onGone };
        },
      }),
    });
    const deaf = new WebSocket(`ws://127.0.0.1:${portOf(httpServer)}/socket.io/?EIO=4&transport=websocket`);
    await opened(deaf);
    deaf.send("40");
    await new Promise<void>((resolve) => deaf.on("message", (data) => String(data).startsWith("40") && resolve()));
    deaf.pause();
    const text = "x".repeat(100_000);
    let sentBytes = 0;
    // What the kernel buffers for a loopback connection is a few MiB; beyond that and our own limit it must end.
    while (!isGone && sentBytes < 64 * 2 ** 20) {
      connection?.send("round", { text });
      sentBytes += text.length;
      await nextTurn();
    }
    expect(isGone).toBe(true);
    deaf.terminate();
    await transport.close();
  });
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
