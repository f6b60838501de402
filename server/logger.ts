import { type Logger as PinoLogger, pino } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

/** Fields that must never reach a log, wherever a careless caller puts them. */
const SECRET = ["seed", "secretKey", "privateKey", "delta", "payload", "bytes", "signature"];

/** Structured logs, one JSON line each, on stderr: stdout belongs to data. Keys and deltas are blotted out. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" } },
    pino.destination({ dest: 2, sync: true }),
  );
}
