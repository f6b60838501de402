import type { CoordinatorTiming } from "../rounds/run.ts";
import type { TransportLimits } from "../transport/transportLimits.ts";
import { type LimitOverrides, splitLimits } from "./serverLimits.ts";

/** What may change while a coordinator runs. */
export interface HotSettings {
  readonly logLevel: string;
  readonly allowOrigin: readonly string[];
  /** MiB. */
  readonly maxDisk: number;
  readonly drainSeconds: number;
  readonly limit: LimitOverrides;
}

/** What of a verb's options, or of a configuration file, may change; defaults for what is not said. */
export function hotSettingsOf(values: Readonly<Record<string, unknown>>): HotSettings {
  const defaults = { logLevel: "warn", allowOrigin: [], maxDisk: 4096, drainSeconds: 0, limit: {} };
  const entries = HOT_OPTIONS.map((name) => [name, values[name] ?? defaults[name]]);
  return Object.fromEntries(entries) as HotSettings;
}

/** The names of these options. */
export const HOT_OPTIONS = [
  "logLevel",
  "allowOrigin",
  "maxDisk",
  "drainSeconds",
  "limit",
] as const satisfies readonly (keyof HotSettings)[];

/** The settings as the coordinator holds them: always the same objects, whose content follows the configuration. */
export interface LiveSettings {
  readonly current: HotSettings;
  readonly allowedOrigins: readonly string[];
  readonly transport: Partial<TransportLimits>;
  readonly timing: Partial<CoordinatorTiming>;
  /** Takes the place of all settings. */
  apply(next: HotSettings): void;
}

export interface LiveSettingsOptions {
  readonly initial: HotSettings;
  readonly logger: { level: string };
}

export function createLiveSettings({ initial, logger }: LiveSettingsOptions): LiveSettings {
  let current = initial;
  const allowedOrigins: string[] = [];
  const transport: Partial<TransportLimits> = {};
  const timing: Partial<CoordinatorTiming> = {};

  function apply(next: HotSettings): void {
    current = next;
    logger.level = next.logLevel;
    allowedOrigins.splice(0, allowedOrigins.length, ...next.allowOrigin);
    const limits = splitLimits(next.limit);
    refill(transport, limits.transport);
    refill(timing, limits.timing);
  }

  apply(initial);
  return {
    get current() {
      return current;
    },
    allowedOrigins,
    transport,
    timing,
    apply,
  };
}

function refill<T extends object>(target: T, source: T): void {
  for (const key of Object.keys(target)) delete target[key as keyof T];
  Object.assign(target, source);
}
