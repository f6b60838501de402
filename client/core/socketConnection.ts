import { io } from "socket.io-client";
import { plainText } from "../../shared/base/plainText.ts";
import type { CoordinatorEvents } from "../../shared/protocol/events.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { OpenConnection } from "./connection.ts";
import { runAddress } from "./runAddress.ts";

/**
 * A coordinator may be hostile too: Node's WebSocket takes frames of 100 MiB, packed ones included, unless told
 * otherwise. Browsers have no such setting and ignore it. (Passed on to `ws`; its types do not know it.)
 */
const FRAME_LIMITS = { maxPayload: LIMITS.maxFrameBytes, perMessageDeflate: false };

const EVENTS: readonly (keyof CoordinatorEvents)[] = [
  "challenge",
  "welcome",
  "offer",
  "round",
  "commit",
  "reject",
  "pace",
];

export interface SocketOptions {
  /** Address of the run, as `runAddress` reads it. */
  readonly url: string;
  /** How long a message may go unacknowledged, and a connection take to open; 20 s when absent. */
  readonly timeoutMs?: number;
  /** PEM certificates that are trusted beside the well-known authorities; browsers ignore it. */
  readonly ca?: readonly string[];
}

/** Connections over Socket.IO, websocket only. Reconnecting is the session's matter, not the transport's. */
export function socketConnection({ url, timeoutMs = 20_000, ca }: SocketOptions): OpenConnection {
  const { coordinator, run } = runAddress(url);
  return (handlers) => {
    const socket = io(coordinator.origin, {
      path: new URL("socket.io", coordinator).pathname,
      auth: run === undefined ? {} : { run },
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      timeout: timeoutMs,
      ...(FRAME_LIMITS as object),
      ...(ca && { ca: [...ca] }),
    });
    let over = false;
    const lose = (unchecked: string): void => {
      if (over) return;
      over = true;
      socket.disconnect();
      handlers.lost(plainText(unchecked, LIMITS.maxMessageChars));
    };
    socket.on("connect", () => over || handlers.connected());
    socket.on("connect_error", (error) => lose(`cannot connect to ${coordinator.href}: ${describe(error)}`));
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
