import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { joinRawClient } from "../support/rawClient.ts";

/** A connection that means no good, and how long it lasted. */
export interface HostilePeer {
  /** Resolves with the milliseconds after which the other side ended it. */
  readonly ended: Promise<number>;
  readonly isOpen: boolean;
  leave(): void;
}

const PATH = "/socket.io/?EIO=4&transport=websocket";

function overTcp(port: number, say: (socket: Socket) => void): HostilePeer {
  const startedAt = performance.now();
  const socket = connect(port, "127.0.0.1", () => say(socket));
  socket.on("error", () => {});
  socket.resume();
  const ended = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now() - startedAt)));
  return {
    ended,
    get isOpen() {
      return !socket.destroyed;
    },
    leave: () => void socket.destroy(),
  };
}

function overWebSocket(port: number, say: (socket: WebSocket) => void): HostilePeer {
  const startedAt = performance.now();
  const socket = new WebSocket(`ws://127.0.0.1:${port}${PATH}`, { perMessageDeflate: false });
  socket.on("error", () => {});
  socket.once("open", () => say(socket));
  const ended = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now() - startedAt)));
  return {
    ended,
    get isOpen() {
      return socket.readyState === WebSocket.OPEN;
    },
    leave: () => socket.terminate(),
  };
}

/** Says half of what an upgrade needs. */
export function halfOpenUpgrade(port: number): HostilePeer {
  return overTcp(port, (socket) => {
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n`);
  });
}

/** Announces a body and sends one byte of it a second. */
export function slowBody(port: number): HostilePeer {
  return overTcp(port, (socket) => {
    socket.write(`POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000\r\n\r\n`);
    const timer = setInterval(() => socket.write("x"), 1000);
    socket.once("close", () => clearInterval(timer));
  });
}

/** Asks for a sample a thousand times at once, again and again, and reads nothing. */
export function readsNoAnswers(port: number): HostilePeer {
  const asked = `GET /api/sample/0 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(1000);
  return overTcp(port, (socket) => {
    socket.pause();
    const ask = (): void => void (socket.writableNeedDrain || socket.write(asked));
    ask();
    const timer = setInterval(ask, 50);
    socket.once("close", () => clearInterval(timer));
  });
}

/** Connects to the namespace and never says hello. */
export function neverJoins(port: number): HostilePeer {
  return overWebSocket(port, (socket) => socket.send("40"));
}

/** Announces the most attachments there may be, and sends all but the last: as many bytes as there may be. */
export function unfinishedAttachments(port: number): HostilePeer {
  return overWebSocket(port, (socket) => {
    socket.send("40");
    const placeholders = [0, 1, 2].map((num) => `{"_placeholder":true,"num":${num}}`);
    socket.send(`45${LIMITS.maxAttachmentsPerMessage}-["chunk",${placeholders.join(",")}]`);
    const half = new Uint8Array(LIMITS.maxAttachmentBytes / 2);
    socket.send(half);
    socket.send(half);
  });
}

/** A message in crumbs: fragments of one byte. */
export function fragments(port: number, count: number): HostilePeer {
  return overWebSocket(port, (socket) => {
    for (let i = 0; i < count && socket.readyState === WebSocket.OPEN; i++) socket.send("4", { fin: false });
  });
}

/** All of the largest frame but its last byte. */
export function unfinishedFrame(port: number): HostilePeer {
  return overTcp(port, (socket) => {
    const key = "dGhlIHNhbXBsZSBub25jZQ=="; // RFC 6455 section 1.3
    const headers = [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
    ];
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers.join("\r\n")}\r\n\r\n`);
    socket.once("data", () => {
      const head = Buffer.alloc(14); // FIN, binary, masked with zeros, 64-bit length
      head[0] = 0x82;
      head[1] = 0xff;
      head.writeBigUInt64BE(BigInt(LIMITS.maxFrameBytes), 2);
      socket.write(head);
      socket.write(Buffer.alloc(LIMITS.maxFrameBytes - 1));
    });
  });
}

/** Joins, asks for more than the line's buffers hold, and reads nothing of it. */
export async function deafMember(port: number, name: string, hash: string): Promise<Pick<HostilePeer, "leave">> {
  const client = await joinRawClient(`http://127.0.0.1:${port}`, name);
  const { ws } = (client.socket.io.engine as unknown as { transport: { ws: WebSocket } }).transport;
  ws.pause();
  const ask = async (): Promise<void> => {
    for (let i = 0; i < 390 && ws.readyState === WebSocket.OPEN; i++) {
      client.socket.emit("params", { hash, offset: 0 }, () => {});
      if (i % 20 === 0) await delay(20);
    }
  };
  void ask();
  return { leave: () => ws.terminate() };
}
