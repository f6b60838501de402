import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { pino } from "pino";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { systemClock } from "../../../server/systemClock.ts";
import type { Answer, Broadcaster, Connection } from "../../../server/transport/connection.ts";
import { createSocketTransport } from "../../../server/transport/socketTransport.ts";
import type { TransportLimits } from "../../../server/transport/transportLimits.ts";
import type { Clock } from "../../../shared/base/clock.ts";
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

  it("turns newcomers away at the door while it is late and enough of them are inside, until one has joined", async () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, schedule: () => () => {} }; // no tick ever comes
    const { port, close, connections } = await bareTransport({ clock, limits: { maxNewcomers: 2 } });
    const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
    const sockets: WebSocket[] = [];
    const come = async (): Promise<string> => {
      const socket = new WebSocket(url);
      sockets.push(socket);
      const outcome = await opened(socket);
      if (outcome === "refused") return outcome;
      socket.send("40");
      await new Promise<void>((resolve) => socket.on("message", (data) => String(data).startsWith("40") && resolve()));
      return outcome;
    };
    expect([await come(), await come(), await come()]).toEqual(["opened", "opened", "opened"]); // nobody is late
    nowMs = 1000;
    expect(await come()).toBe("refused");
    for (const { connection } of connections.slice(0, 2)) connection.hearBroadcasts(true);
    expect(await come()).toBe("opened");
    expect(await come()).toBe("refused");
    for (const socket of sockets) socket.terminate();
    await close();
  });

  it("asks whoever comes while too many messages wait for their answer to come back, without a strike", async () => {
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const answer = async () => {
      await held;
      return { reply: { ok: true } };
    };
    const { port, close } = await bareTransport({ answer, limits: { maxPendingMessages: 5, messageBurst: 1000 } });
    const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false, forceNew: true });
    const waiting = Array.from({ length: 5 }, () => client.emitWithAck("leave", {}));
    // One by one: a strike each would end the connection at the hundredth.
    for (let i = 0; i < 120; i++) {
      expect(await client.emitWithAck("leave", {})).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 1000 });
    }
    letGo();
    expect(await Promise.all(waiting)).toEqual(Array(5).fill({ ok: true }));
    expect(await client.emitWithAck("leave", {})).toEqual({ ok: true });
    client.disconnect();
    await close();
  });

  it.each([
    ["messages of its own", (to: Connection) => to.send("offer", FILLER)],
    ["broadcasts", (_: Connection, all: Broadcaster) => all.broadcast("commit", FILLER)],
    [
      "progress, though the newest replaces the others",
      (_: Connection, all: Broadcaster) => all.broadcast("round", FILLER),
    ],
  ])("cuts off a client that does not read %s, and goes on to tell the others", async (_, tell) => {
    const { port, close, connections, transport } = await bareTransport({});
    const gone = new Set<string>();
    const socketOf = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
      await opened(socket);
      socket.send("40");
      await new Promise<void>((resolve) => socket.on("message", (data) => String(data).startsWith("40") && resolve()));
      return socket;
    };
    const deaf = await socketOf();
    const reader = await socketOf();
    const [toDeaf, toReader] = connections as unknown as [(typeof connections)[0], (typeof connections)[0]];
    for (const { connection, closed } of connections) {
      connection.hearBroadcasts(true);
      void closed.then(() => gone.add(connection.id));
    }
    deaf.pause();
    let sentBytes = 0;
    // What the kernel buffers for a loopback connection is a few MiB; beyond that and our own limit it must end.
    while (!gone.has(toDeaf.connection.id) && sentBytes < 64 * 2 ** 20) {
      tell(toDeaf.connection, transport.broadcasterOf("the-one"));
      sentBytes += FILLER.text.length;
      await nextTurn();
    }
    expect(gone).toEqual(new Set([toDeaf.connection.id]));
    const last = new Promise((resolve) =>
      reader.on("message", (data) => String(data).includes("goodbye") && resolve(0)),
    );
    toReader.connection.send("reject", { text: "goodbye" });
    await last;
    deaf.terminate();
    reader.terminate();
    await close();
  });

  it("sees what waits for a peer before the socket has taken it", async () => {
    const { port, close, connections } = await bareTransport({});
    const client = io(`http://127.0.0.1:${port}`, { transports: ["websocket"], reconnection: false, forceNew: true });
    await new Promise<void>((resolve) => client.once("connect", resolve));
    const { connection } = connections[0] as (typeof connections)[0];
    const chunk = 128 * 1024;
    expect(connection.hasRoomFor(4 * chunk)).toBe(true);
    connection.send("offer", { bytes: new Uint8Array(3 * chunk) });
    expect(connection.hasRoomFor(chunk)).toBe(true);
    connection.send("offer", { bytes: new Uint8Array(chunk) });
    expect(connection.hasRoomFor(chunk)).toBe(false);
    client.disconnect();
    await close();
  });
});

const FILLER = { text: "x".repeat(100_000) };

interface BareOptions {
  readonly clock?: Clock;
  readonly answer?: () => Promise<Answer>;
  readonly limits?: Partial<TransportLimits>;
}

/** The transport alone, with a handler that answers everything in the same way. */
async function bareTransport({ clock = systemClock, answer = async () => ({ reply: {} }), limits = {} }: BareOptions) {
  const httpServer = createServer();
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const connections: { readonly connection: Connection; readonly closed: Promise<void> }[] = [];
  const transport = createSocketTransport({
    httpServer,
    clock,
    logger: pino({ level: "silent" }),
    allowedOrigins: [],
    trustProxy: false,
    limits,
    runFor: () => ({
      id: "the-one",
      accept(connection) {
        let close = (): void => {};
        const closed = new Promise<void>((resolve) => {
          close = resolve;
        });
        connections.push({ connection, closed });
        return { handle: answer, closed: close };
      },
    }),
  });
  return { port: portOf(httpServer), transport, connections, close: () => transport.close() };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
