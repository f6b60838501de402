import type { Socket } from "socket.io";
import { type ErrorCode, ProtocolError } from "../../shared/base/errors.ts";
import { refusalOf } from "../../shared/protocol/ack.ts";
import type { OnLimit } from "../telemetry/limitNames.ts";
import { type Answer, CLIENT_EVENTS, type ClientEvent, type ConnectionHandler } from "./connection.ts";
import type { TokenBucket } from "./tokenBucket.ts";
import type { TransportLimits } from "./transportLimits.ts";

export interface GuardOptions {
  readonly socket: Socket;
  readonly handler: ConnectionHandler;
  readonly messages: TokenBucket;
  /** Messages of all connections that are being handled. */
  readonly pending: PendingMessages;
  /** Whether the peer reads what it gets; one that does not is cut off by the question. */
  readonly maySend: () => boolean;
  readonly onLimit: OnLimit;
  /** A fault of the peer was answered. */
  readonly onFault: (code: ErrorCode, message: string) => void;
  /** A fault of our own; the peer is told INTERNAL. */
  readonly onError: (error: unknown) => void;
}

/** Counts what waits for its answer, over all connections. */
export interface PendingMessages {
  readonly limits: Pick<TransportLimits, "maxPendingMessages">;
  count: number;
}

/** How long whoever came in a rush is asked to stay away; its own jitter comes on top. */
const RUSH_RETRY_MS = 1000;

/** What a fault costs; at 100 the connection is closed: 5 failed signatures, 20 malformed messages. */
const STRIKES: Partial<Record<ErrorCode, number>> = {
  BAD_SIGNATURE: 20,
  BAD_KEY: 20,
  UNAUTHENTICATED: 20,
  NOT_ENROLLED: 20,
  INVITATION_UNKNOWN: 20,
  INVITATION_USED: 20,
  INVITATION_EXPIRED: 20,
  KEY_REVOKED: 20,
  MALFORMED: 5,
  TOO_LARGE: 5,
  RATE_LIMITED: 1,
};
export const MAX_STRIKES = 100;

/**
 * Attaches the one listener for all messages. Whatever a peer sends, it comes out as an acknowledgement with a code, and
 * nothing escapes as an exception or a rejection, which would end the process.
 */
export function guardListeners(options: GuardOptions): void {
  const { socket, handler, messages, pending, maySend, onLimit, onFault, onError } = options;
  let strikes = 0;

  async function answer(event: unknown, args: readonly unknown[]): Promise<Answer> {
    const retryAfterMs = messages.take();
    if (retryAfterMs > 0) {
      onLimit("message-rate");
      throw new ProtocolError("RATE_LIMITED", "too many messages", { retryAfterMs });
    }
    if (!isClientEvent(event)) throw new ProtocolError("MALFORMED", "this event is not part of the protocol");
    if (args.length !== 1) throw new ProtocolError("MALFORMED", `${event} expected one payload, got ${args.length}`);
    return handler.handle(event, args[0]);
  }

  socket.onAny(async (event: unknown, ...args: unknown[]) => {
    const acknowledge = args.at(-1);
    const hasAcknowledge = typeof acknowledge === "function";
    const reply = (payload: object): void => {
      if (hasAcknowledge && socket.connected && maySend()) acknowledge(payload);
    };
    if (pending.count >= pending.limits.maxPendingMessages) {
      onLimit("pending-messages");
      // The rush is not this peer's fault, so it costs no strike.
      const rush = "too many messages of all clients at once";
      reply(refusalOf(new ProtocolError("RATE_LIMITED", rush, { retryAfterMs: RUSH_RETRY_MS })));
      return;
    }
    pending.count++;
    try {
      const answered = await answer(event, hasAcknowledge ? args.slice(0, -1) : args);
      reply(answered.reply);
      answered.afterwards?.();
    } catch (error) {
      const refusal = refusalOf(error);
      if (error instanceof ProtocolError) onFault(refusal.code, refusal.message);
      else onError(error);
      reply(refusal);
      strikes += STRIKES[refusal.code] ?? 0;
      if (strikes < MAX_STRIKES || !socket.connected) return;
      onLimit("strikes");
      socket.disconnect(true);
    } finally {
      pending.count--;
    }
  });
}

function isClientEvent(event: unknown): event is ClientEvent {
  return typeof event === "string" && (CLIENT_EVENTS as readonly string[]).includes(event);
}
