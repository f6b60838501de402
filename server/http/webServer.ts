import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { TlsContext } from "../configuration/tlsFiles.ts";
import type { OnLimit } from "../telemetry/limitNames.ts";
import { addressGroup } from "../transport/addressGroup.ts";
import { clientAddress, isFromProxy, type TrustProxy } from "../transport/trustedProxy.ts";
import { boundPipelining } from "./boundPipelining.ts";
import { inTurn } from "./inTurn.ts";

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
  /** Over TLS an answer is finished only a moment after its peer has read it: the next request may come before. */
  maxUnfinishedAnswers: 2,
  /** Bytes of a longer answer that are handed to a connection at once. */
  pieceBytes: 64 * 1024,
  /** In which the peer has to take such a piece: 4.4 kbit/s, however long the answer. Event streams have bounds of their own. */
  pieceTimeoutMs: 120_000,
  /** Of the bodies that long answers send at once, each counted once however many answers send it. */
  maxSendingBytes: 512 * 2 ** 20,
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
  /** How many connections of any kind one address may hold; those of a believed proxy are those of many. */
  readonly peers?: { readonly maxPerAddress: () => number; readonly trustProxy: TrustProxy };
  readonly onLimit?: OnLimit | undefined;
}

/** An HTTP or HTTPS server that lets nobody hold a connection for nothing. */
export function createWebServer({ answer, tls, peers, onLimit = () => {} }: WebServerOptions): WebServer {
  const onFull = (): void => onLimit("http-connections");
  const common = {
    connectionsCheckingInterval: HTTP_LIMITS.checkEveryMs,
    ...boundPipelining(HTTP_LIMITS.maxUnfinishedAnswers, () => onLimit("http-pipelining")),
  };
  const listener = inTurn(answer);
  const secure: TlsServer | undefined =
    tls && createTlsServer({ ...common, ...tls, handshakeTimeout: HTTP_LIMITS.tlsHandshakeTimeoutMs }, listener);
  const httpServer = (secure as HttpServer | undefined) ?? createServer(common, listener);
  httpServer.headersTimeout = HTTP_LIMITS.headersTimeoutMs;
  httpServer.requestTimeout = HTTP_LIMITS.requestTimeoutMs;
  httpServer.timeout = HTTP_LIMITS.idleTimeoutMs;
  httpServer.maxConnections = HTTP_LIMITS.maxConnections;
  httpServer.on("drop", onFull);
  if (peers !== undefined) boundPeers(httpServer, peers, onFull);
  return {
    httpServer,
    setTls(context) {
      if (secure === undefined) throw new TypeError("a certificate expected a server that was started with one");
      secure.setSecureContext(context);
    },
  };
}

/** Nobody alone takes all connections there are. */
function boundPeers(
  server: HttpServer,
  { maxPerAddress, trustProxy }: NonNullable<WebServerOptions["peers"]>,
  onFull: () => void,
): void {
  const numOpen = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const request = { socket, headers: {} };
    if (isFromProxy(request, trustProxy)) return;
    const group = addressGroup(clientAddress(request, false));
    const before = numOpen.get(group) ?? 0;
    if (before >= maxPerAddress()) {
      onFull();
      socket.destroy();
      return;
    }
    numOpen.set(group, before + 1);
    socket.once("close", () => {
      const left = (numOpen.get(group) as number) - 1;
      if (left > 0) numOpen.set(group, left);
      else numOpen.delete(group);
    });
  });
}
