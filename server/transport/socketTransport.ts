import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "socket.io";
import type { Clock } from "../../shared/base/clock.ts";
import type { ErrorCode } from "../../shared/base/errors.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { withDefaults } from "../configuration/withDefaults.ts";
import type { Logger } from "../logger.ts";
import type { OnLimit } from "../telemetry/limitNames.ts";
import { createAddressBudget } from "./addressBudget.ts";
import type { AcceptConnection, Broadcaster, Connection } from "./connection.ts";
import { guardListeners, type PendingMessages } from "./guardedListeners.ts";
import { createSocketServer } from "./hardenedSocketServer.ts";
import { createLoopWatch } from "./loopWatch.ts";
import { basePathOf, mountBelow } from "./mountBelow.ts";
import { isHostAllowed, isOriginAllowed } from "./originPolicy.ts";
import { createPacedSender } from "./pacedSender.ts";
import { cutOff, unreadOf } from "./peerSocket.ts";
import { createReaderWatch } from "./readerWatch.ts";
import { createTokenBucket } from "./tokenBucket.ts";
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "./transportLimits.ts";
import { clientAddress, type TrustProxy } from "./trustedProxy.ts";

export interface SocketTransportOptions {
  readonly httpServer: HttpServer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The run that a connection names in its handshake (undefined: it names none); undefined if there is no such run. */
  readonly runFor: (nameOrId: string | undefined) => ServedRun | undefined;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  /** Where people reach the coordinator; below a path of it, everything is served too. */
  readonly publicUrl?: string | undefined;
  /** The address that the HTTP server listens on, "127.0.0.1" when absent: decides which Host names are its own. */
  readonly listensOn?: string;
  /** Read anew each time: an operator may change them while connections are open. */
  readonly limits?: Partial<TransportLimits>;
  readonly onLimit?: OnLimit;
  /** A message was refused. */
  readonly onFault?: (code: ErrorCode) => void;
}

/** Whom a connection speaks with. */
export interface ServedRun {
  /** Names the run's broadcasts among those of others. */
  readonly id: string;
  readonly accept: AcceptConnection;
}

export interface SocketTransport {
  readonly numConnections: number;
  /** The way to those clients of one run that hear broadcasts. */
  broadcasterOf(runId: string): Broadcaster;
  /** Says goodbye to everybody; the HTTP server is closed with it. */
  close(): Promise<void>;
}

/** Newcomers are counted once the event loop is this late. */
const LATE_MS = 100;

/** One chunk more than a client may have asked for, for what else is on the way to it. */
const MAX_UNREAD_PARAMS_BYTES = (LIMITS.maxParamsInFlight + 1) * LIMITS.maxChunkBytes;

/** Socket.IO as the coordinator's transport: admits connections within their budgets and guards every message. */
export function createSocketTransport(options: SocketTransportOptions): SocketTransport {
  const { httpServer, clock, logger, runFor, trustProxy, listensOn = "127.0.0.1" } = options;
  const { onLimit = () => {} } = options;
  const limits = withDefaults(DEFAULT_TRANSPORT_LIMITS, options.limits);
  const addresses = createAddressBudget({ clock, limits });
  const io = createSocketServer({ httpServer, refuse });
  if (options.publicUrl !== undefined) mountBelow(httpServer, basePathOf(options.publicUrl));
  const pending: PendingMessages = { limits, count: 0 };
  const loop = createLoopWatch(clock, () => io.engine.clientsCount > 0);
  let numJoined = 0;
  /** Those who hear a run's broadcasts. */
  const listeners = new Map<string, Set<Socket>>();
  const readers = createReaderWatch<Socket>({
    clock,
    limits,
    peers: () => io.sockets.sockets.values(),
    unreadOf,
    evict(socket, { bytes, packets }) {
      if (!socket.connected) return;
      onLimit("unread");
      logger.warn({ connection: socket.id, bytes, packets }, "evicting a client that does not read");
      cutOff(socket);
    },
  });
  const sender = createPacedSender<Socket>({
    clock,
    write(sockets, event, payload) {
      const ids = sockets.filter((socket) => socket.connected && readers.maySend(socket)).map(({ id }) => id);
      if (ids.length > 0) io.to(ids).emit(event, payload); // encoded once for all of them
    },
  });

  /** Why a request may not open a socket, or undefined. */
  function refuse(request: IncomingMessage): string | undefined {
    if (!isHostAllowed(request, { ...options, listensOn })) return "this host name is not the coordinator's";
    if (!isOriginAllowed(request, options)) return "this origin is not allowed";
    if (io.engine.clientsCount >= limits.maxConnections) {
      onLimit("connections");
      return "UNAVAILABLE: the coordinator is full";
    }
    if (io.engine.clientsCount - numJoined >= limits.maxNewcomers && loop.lateMs() >= LATE_MS) {
      onLimit("newcomers");
      return "UNAVAILABLE: too many come at once";
    }
    if (addresses.mayConnect(clientAddress(request, trustProxy))) return undefined;
    onLimit("connections-per-address");
    return "RATE_LIMITED: too many connections from this address";
  }

  io.engine.on("connection", (raw: { request: IncomingMessage; once(event: "close", listener: () => void): void }) => {
    const address = clientAddress(raw.request, trustProxy);
    addresses.opened(address);
    loop.watch();
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
      send: (event, payload) => sender.send(socket, event, payload),
      hasRoomFor: (numBytes) => readers.hasRoom(socket, numBytes, MAX_UNREAD_PARAMS_BYTES),
      hearBroadcasts: (hears) => hear(run.id, socket, hears),
      disconnect: (reason) => {
        logger.info({ connection: socket.id, address, reason }, "disconnecting");
        sender.flush(socket);
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
      pending,
      maySend: () => readers.maySend(socket),
      onLimit,
      onFault(code, message) {
        options.onFault?.(code);
        logger.info({ connection: socket.id, address, code, message }, "rejected");
      },
      onError: (error) => logger.error({ err: error, connection: socket.id }, "a message could not be handled"),
    });
    socket.on("error", (error: unknown) => {
      onLimit("frame"); // what the decoder refuses
      logger.info({ err: error, connection: socket.id }, "socket error");
    });
    socket.once("disconnect", (_reason, cause: unknown) => {
      if (isFrameError(cause)) onLimit("frame");
      hear(run.id, socket, false);
      handler.closed();
    });
    readers.watch();
  });

  function hear(runId: string, socket: Socket, hears: boolean): void {
    const those = listeners.get(runId) ?? new Set();
    numJoined -= those.size;
    if (hears && socket.connected) those.add(socket);
    else those.delete(socket);
    numJoined += those.size;
    if (those.size > 0) listeners.set(runId, those);
    else listeners.delete(runId);
  }

  return {
    get numConnections() {
      return io.engine.clientsCount;
    },
    broadcasterOf: (runId) => ({
      broadcast: (event, payload) => sender.broadcast(listeners.get(runId) ?? [], event, payload, runId),
    }),
    close() {
      readers.stop();
      loop.stop();
      return io.close();
    },
  };
}

/** Whether the WebSocket itself refused a frame, too long or in too many pieces: Engine.IO passes that on as text. */
function isFrameError(cause: unknown): boolean {
  return cause instanceof Error && cause.message.startsWith("RangeError");
}

/** `auth: { run }` of the Socket.IO handshake. What is no text names no run that there could be. */
function runNamedBy({ handshake }: Socket): string | undefined {
  const { run } = handshake.auth as { readonly run?: unknown };
  return run === undefined ? undefined : String(typeof run === "string" ? run : "");
}
