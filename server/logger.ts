import { type Logger as PinoLogger, pino } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error">;

/** The same logger with these fields in every line. */
export function withFields(logger: Logger, fields: object): Logger {
  const lined = (level: keyof Logger) => (first: unknown, message?: string) => {
    if (typeof first === "string") logger[level](fields, first);
    else logger[level]({ ...fields, ...(first as object) }, message);
  };
  return { debug: lined("debug"), info: lined("info"), warn: lined("warn"), error: lined("error") };
}

/** A logger whose level may change while it is used. */
export interface ReloadableLogger extends Logger {
  level: string;
}

/** Fields that must never reach a log, wherever a careless caller puts them. */
const SECRET = ["seed", "secretKey", "privateKey", "delta", "payload", "bytes", "signature", "token", "invitation"];

/** Structured logs, one JSON line each, on stderr: stdout belongs to data. Keys and deltas are blotted out. */
export function createLogger(level: LogLevel): ReloadableLogger {
  const destination = pino.destination({ dest: 2, sync: true });
  destination.on("error", () => {}); // a line that nobody can read, of a closed terminal say, must not end the process
  return pino(
    { level, base: null, redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" } },
    destination,
  );
}
