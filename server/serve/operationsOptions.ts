import { type Command, InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../../cli/verb/wholeNumber.ts";
import { type LimitOverrides, parseLimits } from "../configuration/serverLimits.ts";

/** Options of `serve` for whoever runs it day and night. */
export interface OperationsOptions {
  readonly config?: string;
  readonly limit: LimitOverrides;
  readonly drainSeconds: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly metrics?: MetricsAddress;
}

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** Longest wait for open rounds: an hour. */
const MAX_DRAIN_SECONDS = 3600;

export function addOperationsOptions(verb: Command): Command {
  const option = (flags: string, text: string, env: string): Option => new Option(flags, text).env(`HEADWATER_${env}`);
  return verb
    .addOption(option("--config <file>", "JSON file with any of these options; read again when it changes", "CONFIG"))
    .addOption(
      option("--limit <name=value>", "another limit than the default, see docs/limits.md; may be repeated", "LIMIT")
        .argParser(limits)
        .default({}, "none"),
    )
    .addOption(
      option("--drain-seconds <n>", "when asked to stop, wait so long for open rounds to end", "DRAIN_SECONDS")
        .argParser(wholeNumber(0, MAX_DRAIN_SECONDS))
        .default(0),
    )
    .addOption(
      option("--tls-cert <file>", "serve https with this certificate (PEM, with its chain)", "TLS_CERT").conflicts(
        "demoClients",
      ),
    )
    .addOption(option("--tls-key <file>", "private key of the certificate (PEM)", "TLS_KEY"))
    .addOption(
      option("--metrics <[host:]port>", "Prometheus metrics at /metrics on a port of their own", "METRICS") //
        .argParser(metricsAddress),
    );
}

function limits(text: string, before: LimitOverrides): LimitOverrides {
  try {
    return parseLimits(text, before);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** "9464" on this machine alone, "0.0.0.0:9464" or "[::]:9464" for others too. */
function metricsAddress(text: string): MetricsAddress {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new InvalidArgumentError(`expected a port such as 9464, or host:port, got ${text}`);
  }
  return { host: match[1]?.replace(/[[\]]/g, "") ?? "127.0.0.1", port };
}
