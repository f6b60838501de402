import type { MetricsAddress } from "./operationsOptions.ts";

export interface StartSituation {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
}

const SQLITE_FULL = 13;
const NO_ADDRESS = ["EADDRNOTAVAIL", "ENOTFOUND"];

/** One sentence with the way out for what usually goes wrong at a start; the error's own words for the rest. */
export function explainStartError(error: unknown, { host, port, directory }: StartSituation): string {
  const { code, message, syscall, errcode } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  if (code === "EADDRINUSE") {
    return `port ${port} is taken by another program; choose another, for instance --port ${port + 1} (0 takes any free one)`;
  }
  if (code === "EACCES" && syscall === "listen") {
    return `no permission to listen on port ${port}; choose one above 1023 with --port`;
  }
  if (NO_ADDRESS.includes(code ?? "")) return `${host} is no address of this machine; choose another with --host`;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `no permission to write to ${directory}; choose another folder with --data`;
  }
  if (code === "ENOSPC" || code === "EDQUOT" || errcode === SQLITE_FULL) {
    return `the disk that holds ${directory} is full; free some space, or choose another folder with --data`;
  }
  if (code === "ENOTDIR" || code === "EEXIST") {
    return `${directory} is a file, not a folder; choose another with --data`;
  }
  return message;
}

/** The same for the port of the metrics. */
export function explainMetricsError(error: unknown, { host, port }: MetricsAddress): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return `the metrics port ${port} is taken by another program; choose another with --metrics (0 takes any free one)`;
  }
  if (code === "EACCES") return `no permission to serve metrics on port ${port}; choose one above 1023 with --metrics`;
  if (NO_ADDRESS.includes(code ?? "")) return `${host} is no address of this machine; choose another with --metrics`;
  return message;
}
