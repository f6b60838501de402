import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { TlsContext } from "../configuration/tlsFiles.ts";

/** Bounds of every HTTP connection, sockets before their upgrade included. Nobody changes them. */
export const HTTP_LIMITS = {
  maxConnections: 12_000,
  /** From the first byte of a request to the last of its headers. */
  headersTimeoutMs: 8000,
  /** From the first byte of a request to its last. */
  requestTimeoutMs: 9000,
  /** A connection on which nothing moves is closed within twice this; event streams beat twice as often, sockets ping. */
  idleTimeoutMs: 30_000,
  /** How often headers and requests are held to theirs; Node's own 30 s would let half a request hold on for 40. */
  checkEveryMs: 1000,
  tlsHandshakeTimeoutMs: 10_000,
} as const;

export interface WebServer {
  readonly httpServer: HttpServer;
  /** New connections get this certificate. @throws TypeError for a server without TLS. */
  setTls(context: TlsContext): void;
}

export interface WebServerOptions {
  readonly answer: RequestListener;
  /** Absent: plain http. */
  readonly tls?: TlsContext | undefined;
  /** A connection was refused: there are too many. */
  readonly onFull?: (() => void) | undefined;
}

/** An HTTP or HTTPS server that lets nobody hold a connection for nothing. */
export function createWebServer({ answer, tls, onFull }: WebServerOptions): WebServer {
  const common = { connectionsCheckingInterval: HTTP_LIMITS.checkEveryMs };
  const secure: TlsServer | undefined =
    tls && createTlsServer({ ...common, ...tls, handshakeTimeout: HTTP_LIMITS.tlsHandshakeTimeoutMs }, answer);
  const httpServer = (secure as HttpServer | undefined) ?? createServer(common, answer);
  httpServer.headersTimeout = HTTP_LIMITS.headersTimeoutMs;
  httpServer.requestTimeout = HTTP_LIMITS.requestTimeoutMs;
  httpServer.timeout = HTTP_LIMITS.idleTimeoutMs;
  httpServer.maxConnections = HTTP_LIMITS.maxConnections;
  httpServer.on("drop", () => onFull?.());
  return {
    httpServer,
    setTls(context) {
      if (secure === undefined) throw new TypeError("a certificate expected a server that was started with one");
      secure.setSecureContext(context);
    },
  };
}
