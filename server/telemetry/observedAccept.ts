import { toHex } from "../../shared/base/hash.ts";
import { refusalOf } from "../../shared/protocol/ack.ts";
import { SIZES } from "../../shared/protocol/limits.ts";
import { parseUpdateHeader } from "../../shared/protocol/updateHeader.ts";
import type { AcceptConnection, ClientEvent } from "../transport/connection.ts";
import type { ObserveRun } from "./runObservation.ts";

/** The coordinator's end of every connection, telling of each message once it is answered. */
export function observedAccept(accept: AcceptConnection, observe: ObserveRun, nowMs: () => number): AcceptConnection {
  return (connection) => {
    const handler = accept(connection);
    return {
      async handle(event, payload) {
        const startMs = nowMs();
        const tell = (outcome: { readonly hasReceipt: boolean; readonly code?: string }): void => {
          const ticket = ticketOf(event, payload);
          observe({ kind: "message", event, startMs, endMs: nowMs(), ...(ticket ? { ticket } : {}), ...outcome });
        };
        try {
          const answer = await handler.handle(event, payload);
          tell({ hasReceipt: "receipt" in answer.reply });
          return answer;
        } catch (error) {
          tell({ hasReceipt: false, code: refusalOf(error).code });
          throw error;
        }
      },
      closed: () => handler.closed(),
    };
  };
}

/** The ticket that an untrusted message names, where it names one. */
function ticketOf(event: ClientEvent, payload: unknown): string | undefined {
  if (typeof payload !== "object" || payload === null) return undefined;
  const { ticket, header } = payload as { readonly ticket?: unknown; readonly header?: unknown };
  if (event !== "submit")
    return ticket instanceof Uint8Array && ticket.length === SIZES.ticket ? toHex(ticket) : undefined;
  try {
    return header instanceof Uint8Array ? toHex(parseUpdateHeader(header).ticket) : undefined;
  } catch {
    return undefined; // a header that cannot be read names none
  }
}
