import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "socket.io";
import type { Clock } from "../../shared/base/clock.ts";
import type { Logger } from "../logger.ts";
import { createAddressBudget } from "./addressBudget.ts";
import type { AcceptConnection, Broadcaster, Connection } from "./connection.ts";
import { guardListeners } from "./guardedListeners.ts";
import { createSocketServer } from "./hardenedSocketServer.ts";
import { clientAddress, isHostAllowed, isOriginAllowed } from "./originPolicy.ts";
import { createTokenBucket } from "./tokenBucket.ts";

export interface SocketTransportOptions {
  readonly httpServer: HttpServer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The run that a connection names in its handshake (undefined: it names none); undefined if there is no such run. */
  readonly runFor: (nameOrId: string | undefined) => ServedRun | undefined;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** The address that the HTTP server listens on, "127.0.0.1" when absent: decides which Host names are its own. */
  readonly listensOn?: string;
  readonly limits?: Partial<TransportLimits>;
}

/** Whom a connection speaks with. */
export interface ServedRun {
  /** Names the run's broadcasts among those of others. */
  readonly id: string;
  readonly accept: AcceptConnection;
}

export interface TransportLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  /** New connections from one address: at once, and per second in the long run. */
  readonly connectBurst: number;
  readonly connectsPerSecond: number;
  /** Messages of one connection: at once, and per second in the long run (200 chunks are 25 MiB). */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** Bytes or packets that may wait for a peer that does not read, before it is cut off. */
  readonly maxUnreadBytes: number;
  readonly maxUnreadPackets: number;
}

export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1024,
  connectBurst: 512,
  connectsPerSecond: 64,
  messageBurst: 400,
  messagesPerSecond: 200,
  maxUnreadBytes: 2 * 1024 * 1024,
  maxUnreadPackets: 64,
};

export interface SocketTransport {
  readonly numConnections: number;
  /** The way to those clients of one run that hear broadcasts. */
  broadcasterOf(runId: string): Broadcaster;
  /** Says goodbye to everybody; the HTTP server is closed with it. */
  close(): Promise<void>;
}

/** Socket.IO as the coordinator's transport: admits connections within their budgets and guards every message. */
export function createSocketTransport(options: SocketTransportOptions): SocketTransport {
  const { httpServer, clock, logger, runFor, trustProxy, listensOn = "127.0.0.1" } = options;
  const limits = { ...DEFAULT_TRANSPORT_LIMITS, ...options.limits };
  const addresses = createAddressBudget({
    clock,
    maxConnections: limits.maxConnectionsPerAddress,
    connectBurst: limits.connectBurst,
    connectsPerSecond: limits.connectsPerSecond,
  });
  const io = createSocketServer({ httpServer, refuse });

  /** Why a request may not open a socket, or undefined. */
  function refuse(request: IncomingMessage): string | undefined {
    if (!isHostAllowed(request, { ...options, listensOn })) return "this host name is not the coordinator's";
    if (!isOriginAllowed(request, options)) return "this origin is not allowed";
    if (io.engine.clientsCount >= limits.maxConnections) return "the coordinator is full";
    return addresses.mayConnect(clientAddress(request, trustProxy)) ? undefined : "too many connections";
  }

  io.engine.on("connection", (raw: { request: IncomingMessage; once(event: "close", listener: () => void): void }) => {
    const address = clientAddress(raw.request, trustProxy);
    addresses.opened(address);
    raw.once("close", () => addresses.closed(address));
  });

  io.on("connection", (socket: Socket) => {
    const address = clientAddress(socket.request, trustProxy);
    const run = runFor(runNamedBy(socket));
    if (run === undefined) {
      socket.emit("reject", { code: "NOT_FOUND", message: "this coordinator has no run of that name" });
      socket.disconnect(true);
      return;
    }
    const connection: Connection = {
      id: socket.id,
      address,
      send: (event, payload) => {
        if (!evictIfUnread(socket)) socket.emit(event, payload);
      },
      hearBroadcasts: (hears) => void (hears ? socket.join(listeners(run.id)) : socket.leave(listeners(run.id))),
      disconnect: (reason) => {
        logger.info({ connection: socket.id, address, reason }, "disconnecting");
        socket.disconnect(true);
      },
    };
    const handler = run.accept(connection);
    const messages = createTokenBucket({
      clock,
      burst: limits.messageBurst,
      ratePerSecond: limits.messagesPerSecond,
    });
    guardListeners({
      socket,
      handler,
      messages,
      onFault: (code, message) => logger.info({ connection: socket.id, address, code, message }, "rejected"),
      onError: (error) => logger.error({ err: error, connection: socket.id }, "a message could not be handled"),
    });
    socket.on("error", (error: unknown) => logger.info({ err: error, connection: socket.id }, "socket error"));
    socket.once("disconnect", () => handler.closed());
  });

  /** A peer that does not read would have us hold its messages for ever. */
  function evictIfUnread(socket: Socket): boolean {
    const { conn } = socket;
    const webSocket = (conn.transport as { socket?: { bufferedAmount?: number } }).socket;
    const unreadBytes = webSocket?.bufferedAmount ?? 0;
    const unreadPackets = (conn as unknown as { writeBuffer: readonly unknown[] }).writeBuffer.length;
    if (unreadBytes <= limits.maxUnreadBytes && unreadPackets <= limits.maxUnreadPackets) return false;
    logger.warn({ connection: socket.id, unreadBytes, unreadPackets }, "evicting a client that does not read");
    socket.disconnect(true);
    return true;
  }

  return {
    get numConnections() {
      return io.engine.clientsCount;
    },
    broadcasterOf: (runId) => ({
      broadcast(event, payload) {
        for (const socket of io.sockets.sockets.values()) evictIfUnread(socket);
        io.to(listeners(runId)).emit(event, payload);
      },
    }),
    close: () => io.close(),
  };
}

/** The room of those who hear a run's broadcasts. */
function listeners(runId: string): string {
  return `listeners ${runId}`;
}

/** `auth: { run }` of the Socket.IO handshake. What is no text names no run that there could be. */
function runNamedBy({ handshake }: Socket): string | undefined {
  const { run } = handshake.auth as { readonly run?: unknown };
  return run === undefined ? undefined : String(typeof run === "string" ? run : "");
}
