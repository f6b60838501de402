/** Limits that hold something back while a coordinator runs; each hit is counted. Names are a contract with alerts. */
export const LIMIT_NAMES = [
  "connections",
  "connections-per-address",
  "newcomers",
  "hello",
  "http-connections",
  "http-pipelining",
  "http-sending",
  "message-rate",
  "pending-messages",
  "unread",
  "frame",
  "strikes",
  "uploads-memory",
  "params-rate",
  "event-readers",
  "disk",
  "operator-tokens",
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** Told each time that a limit held something back. */
export type OnLimit = (limit: LimitName) => void;
