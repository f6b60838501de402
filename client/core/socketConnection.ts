import { io } from "socket.io-client";
import { plainText } from "../../shared/base/plainText.ts";
import type { CoordinatorEvents } from "../../shared/protocol/events.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { OpenConnection } from "./connection.ts";

/**
 * A coordinator may be hostile too: Node's WebSocket takes frames of 100 MiB, packed ones included, unless told
 * otherwise. Browsers have no such setting and ignore it. (Passed on to `ws`; its types do not know it.)
 */
const FRAME_LIMITS = { maxPayload: LIMITS.maxFrameBytes, perMessageDeflate: false };

const EVENTS: readonly (keyof CoordinatorEvents)[] = ["challenge", "welcome", "offer", "round", "commit", "reject"];

export interface SocketOptions {
  /** Address of the coordinator; a path in it is kept, so that a reverse proxy may serve it below one. */
  readonly url: string;
  /** How long a message may go unacknowledged, and a connection take to open; 20 s when absent. */
  readonly timeoutMs?: number;
}

/** Connections over Socket.IO, websocket only. Reconnecting is the session's matter, not the transport's. */
export function socketConnection({ url, timeoutMs = 20_000 }: SocketOptions): OpenConnection {
  const base = baseUrl(url);
  return (handlers) => {
    const socket = io(base.origin, {
      path: new URL("socket.io", base).pathname,
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      timeout: timeoutMs,
      ...(FRAME_LIMITS as object),
    });
    let over = false;
    const lose = (unchecked: string): void => {
      if (over) return;
      over = true;
      socket.disconnect();
      handlers.lost(plainText(unchecked, LIMITS.maxMessageChars));
    };
    socket.on("connect", () => over || handlers.connected());
    socket.on("connect_error", (error) => lose(`cannot connect to ${base.href}: ${describe(error)}`));
    socket.on("disconnect", (reason) => lose(`disconnected: ${CLOSED[reason] ?? reason}`));
    for (const name of EVENTS) socket.on(name, (payload: unknown) => over || handlers.message(name, payload));
    return {
      call: (event, payload) => socket.timeout(timeoutMs).emitWithAck(event, payload),
      close() {
        over = true;
        socket.disconnect();
      },
    };
  };
}

/**
 * The address with a path that ends in "/", so that relative paths fall below it.
 * @throws TypeError unless it is an http or https URL.
 */
export function baseUrl(url: string): URL {
  let base: URL;
  try {
    base = new URL(url);
  } catch (cause) {
    throw new TypeError(`"url" expected an address such as http://127.0.0.1:8080, got ${JSON.stringify(url)}`, {
      cause,
    });
  }
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    throw new TypeError(`"url" expected http:// or https://, got ${base.protocol}//`);
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  return base;
}

/** The transport's words for an end that it saw, in a person's. */
const CLOSED: Readonly<Record<string, string>> = {
  "transport close": "the connection was closed",
  "transport error": "the connection broke",
  "io server disconnect": "the coordinator ended the connection",
  "ping timeout": "the coordinator went silent",
};

/** The transport says "websocket error" for whatever goes wrong before it is open, and no more in a browser. */
function describe(error: Error): string {
  return error.message === "websocket error" ? "no coordinator answers there" : error.message;
}
