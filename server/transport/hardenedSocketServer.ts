import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server } from "socket.io";
import { Encoder } from "socket.io-parser";
import { WebSocketServer, type ServerOptions as WsOptions } from "ws";
import { LIMITS } from "../../shared/protocol/limits.ts";
import { TightDecoder } from "./tightDecoder.ts";

/** Bytes of one frame: a chunk of 128 KiB with its envelope fits twice. */
export const MAX_FRAME_BYTES: number = LIMITS.maxFrameBytes;

/** Socket.IO never fragments; a peer that sends crumbs costs memory per crumb. */
const MAX_FRAGMENTS = 64;
const MAX_BUFFERED_CHUNKS = 2048;

class TightWebSocketServer extends WebSocketServer {
  constructor(options: WsOptions) {
    const limits = { maxFragments: MAX_FRAGMENTS, maxBufferedChunks: MAX_BUFFERED_CHUNKS };
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
    connectTimeout: 5000,
    pingInterval: 20_000,
    pingTimeout: 10_000,
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
