import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server } from "socket.io";
import { Encoder } from "socket.io-parser";
import { WebSocketServer, type ServerOptions as WsOptions } from "ws";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { TightDecoder } from "./tightDecoder.ts";

/** Bytes of one frame: a chunk of 128 KiB with its envelope fits twice. */
export const MAX_FRAME_BYTES: number = LIMITS.maxFrameBytes;

/** Bounds of a connection that nobody changes; how large a frame may be is the protocol's matter. */
export const SOCKET_LIMITS = {
  /** From the opened socket to the joined namespace. */
  connectTimeoutMs: 5000,
  pingIntervalMs: 20_000,
  /** An unanswered ping ends the connection after this. */
  pingTimeoutMs: 10_000,
  /** Socket.IO never fragments; a peer that sends crumbs costs memory per crumb. */
  maxFragments: 64,
  maxBufferedChunks: 2048,
} as const;

class TightWebSocketServer extends WebSocketServer {
  constructor(options: WsOptions) {
    const limits = { maxFragments: SOCKET_LIMITS.maxFragments, maxBufferedChunks: SOCKET_LIMITS.maxBufferedChunks };
    super({ ...options, ...limits } as WsOptions);
  }
}

export interface SocketServerOptions {
  readonly httpServer: HttpServer;
  /** Refuses before the upgrade, the only point ahead of the first frame. Returns why, or undefined to admit. */
  readonly refuse: (request: IncomingMessage) => string | undefined;
}

/**
 * A Socket.IO server that holds no more than a few frames of a stranger: websocket only, small frames, few attachments,
 * few fragments, no compression (a way to bombs and to fragmented memory), quick eviction of whoever never connects.
 * Each limit was chosen against a measured attack; the tests in test/server/transport repeat them.
 */
export function createSocketServer({ httpServer, refuse }: SocketServerOptions): Server {
  return new Server(httpServer, {
    transports: ["websocket"],
    allowUpgrades: false,
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MAX_FRAME_BYTES,
    connectTimeout: SOCKET_LIMITS.connectTimeoutMs,
    pingInterval: SOCKET_LIMITS.pingIntervalMs,
    pingTimeout: SOCKET_LIMITS.pingTimeoutMs,
    serveClient: false,
    allowEIO3: false,
    parser: { Encoder, Decoder: TightDecoder },
    wsEngine: TightWebSocketServer,
    allowRequest: (request, callback) => {
      const reason = refuse(request);
      callback(reason ?? null, reason === undefined);
    },
  });
}
