import type { ClientEvents, CoordinatorEvents } from "../../shared/protocol/events.ts";

/** What a connection tells its owner. After `lost` nothing more follows. */
interface ConnectionHandlers {
  connected(): void;
  /** A message as it came: unknown until parsed. */
  message(name: keyof CoordinatorEvents, payload: unknown): void;
  /** The connection failed or ended, for whatever reason but `close`. */
  lost(reason: string): void;
}

/** One connection to a coordinator; it never reconnects by itself. */
export interface Connection {
  /** Sends a message; the promise gives its acknowledgement as it came. @throws Error if none comes in time. */
  call<E extends keyof ClientEvents>(event: E, payload: ClientEvents[E]["payload"]): Promise<unknown>;
  /** Ends the connection; what was sent before is still delivered where possible. Handlers stay silent from now on. */
  close(): void;
}

/** Opens a connection: the transport is an argument, so that tests and pages can bring their own. */
export type OpenConnection = (handlers: ConnectionHandlers) => Connection;
