import type { Socket } from "socket.io";
import { type ErrorCode, ProtocolError } from "../../shared/base/errors.ts";
import { refusalOf } from "../../shared/protocol/ack.ts";
import { type Answer, CLIENT_EVENTS, type ClientEvent, type ConnectionHandler } from "./connection.ts";
import type { TokenBucket } from "./tokenBucket.ts";

export interface GuardOptions {
  readonly socket: Socket;
  readonly handler: ConnectionHandler;
  readonly messages: TokenBucket;
  /** A fault of the peer was answered. */
  readonly onFault: (code: ErrorCode, message: string) => void;
  /** A fault of our own; the peer is told INTERNAL. */
  readonly onError: (error: unknown) => void;
}

/** What a fault costs; at 100 the connection is closed: 5 failed signatures, 20 malformed messages. */
const STRIKES: Partial<Record<ErrorCode, number>> = {
  BAD_SIGNATURE: 20,
  BAD_KEY: 20,
  UNAUTHENTICATED: 20,
  MALFORMED: 5,
  TOO_LARGE: 5,
  RATE_LIMITED: 1,
};
const MAX_STRIKES = 100;

/**
 * Attaches the one listener for all messages. Whatever a peer sends, it comes out as an acknowledgement with a code, and
 * nothing escapes as an exception or a rejection, which would end the process.
 */
export function guardListeners({ socket, handler, messages, onFault, onError }: GuardOptions): void {
  let strikes = 0;

  async function answer(event: unknown, args: readonly unknown[]): Promise<Answer> {
    const retryAfterMs = messages.take();
    if (retryAfterMs > 0) throw new ProtocolError("RATE_LIMITED", "too many messages", { retryAfterMs });
    if (!isClientEvent(event)) throw new ProtocolError("MALFORMED", "this event is not part of the protocol");
    if (args.length !== 1) throw new ProtocolError("MALFORMED", `${event} expected one payload, got ${args.length}`);
    return handler.handle(event, args[0]);
  }

  socket.onAny(async (event: unknown, ...args: unknown[]) => {
    const acknowledge = args.at(-1);
    const hasAcknowledge = typeof acknowledge === "function";
    const reply = (payload: object): void => {
      if (hasAcknowledge && socket.connected) acknowledge(payload);
    };
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
      if (strikes >= MAX_STRIKES) socket.disconnect(true);
    }
  });
}

function isClientEvent(event: unknown): event is ClientEvent {
  return typeof event === "string" && (CLIENT_EVENTS as readonly string[]).includes(event);
}
