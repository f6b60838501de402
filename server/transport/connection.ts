/** What a client may send. Anything else is answered with MALFORMED and counts against the connection. */
export const CLIENT_EVENTS = [
  "hello",
  "accept",
  "decline",
  "device",
  "params",
  "submit",
  "chunk",
  "rotate",
  "leave",
] as const;
export type ClientEvent = (typeof CLIENT_EVENTS)[number];

/** What the coordinator sends. */
export type ServerEvent = "challenge" | "welcome" | "offer" | "round" | "commit" | "reject" | "pace";

/** One client's connection as the coordinator sees it; the transport behind it may be a socket or a test. */
export interface Connection {
  /** Unique among the live connections. */
  readonly id: string;
  /** Network address, for budgets and logs. */
  readonly address: string;
  send(event: ServerEvent, payload: object): void;
  /** Whether so many bytes more fit beside what it, and all together, have not read yet. */
  hasRoomFor(numBytes: number): boolean;
  /** Whether it gets what is broadcast: strangers and those who left do not. Not until told. */
  hearBroadcasts(hears: boolean): void;
  /** Closes it; the handler's `closed` follows. */
  disconnect(reason: string): void;
}

/** What a message is acknowledged with, and what to do straight after. */
export interface Answer {
  readonly reply: object;
  readonly afterwards?: () => void;
}

/** The coordinator's end of one connection. */
export interface ConnectionHandler {
  /**
   * Answers one message. The payload is untrusted.
   * @throws ProtocolError for whatever the peer did wrong; anything else is the coordinator's own fault.
   */
  handle(event: ClientEvent, payload: unknown): Promise<Answer>;
  closed(): void;
}

export type AcceptConnection = (connection: Connection) => ConnectionHandler;

/** The way to all clients that hear broadcasts at once. */
export interface Broadcaster {
  /** Encoded once, whatever the number of clients. */
  broadcast(event: ServerEvent, payload: object): void;
}
