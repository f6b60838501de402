import { nearestName } from "../../shared/base/nearestName.ts";
import { type CoordinatorTiming, DEFAULT_TIMING } from "../rounds/run.ts";
import { DEFAULT_TRANSPORT_LIMITS, type TransportLimits } from "../transport/transportLimits.ts";

/** Limits as an operator changes them: "transport.maxConnections" -> 5000. */
export type LimitOverrides = Readonly<Record<string, number>>;

/** The same, for those who hold to them. */
export interface SplitLimits {
  readonly transport: Partial<TransportLimits>;
  readonly timing: Partial<CoordinatorTiming>;
}

/** Beyond, setTimeout fires at once: 2^31 - 1 ms. */
const MAX_MS = 2 ** 31 - 1;

/** Every limit that an operator may change, with its default. A run file's `minRoundMs` is the run's own. */
export const SERVER_LIMITS: Readonly<Record<string, number>> = {
  ...prefixed("transport", DEFAULT_TRANSPORT_LIMITS),
  ...prefixed("timing", DEFAULT_TIMING, ["minRoundMs"]),
};

function prefixed(group: string, defaults: object, except: readonly string[] = []): Record<string, number> {
  const entries = (Object.entries(defaults) as [string, number][]).filter(([name]) => !except.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => [`${group}.${name}`, value]));
}

/** @throws TypeError that names the nearest known limit; RangeError unless the value is a whole number of its range. */
export function checkLimit(name: string, value: unknown): number {
  if (!Object.hasOwn(SERVER_LIMITS, name)) {
    const nearest = nearestName(name, Object.keys(SERVER_LIMITS));
    throw new TypeError(`no limit ${JSON.stringify(name.slice(0, 80))}${nearest ? `; did you mean ${nearest}?` : ""}`);
  }
  const minimum = name.startsWith("timing.") ? 0 : 1;
  const maximum = name.endsWith("Ms") ? MAX_MS : Number.MAX_SAFE_INTEGER;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`limit ${name} expected a whole number in [${minimum}, ${maximum}], got ${String(value)}`);
  }
  return value;
}

/** "transport.maxConnections=5000,timing.gatherMs=0", as flags and environment variables say it. */
export function parseLimits(text: string, before: LimitOverrides = {}): LimitOverrides {
  const parsed: Record<string, number> = { ...before };
  for (const item of text.split(",").filter((part) => part.trim() !== "")) {
    const [name = "", value = ""] = item.split("=").map((part) => part.trim());
    parsed[name] = checkLimit(name, /^\d{1,16}$/.test(value) ? Number(value) : value);
  }
  return parsed;
}

export function splitLimits(limits: LimitOverrides): SplitLimits {
  const split: Record<string, Record<string, number>> = { transport: {}, timing: {} };
  for (const [name, value] of Object.entries(limits)) {
    const [group = "", key = ""] = name.split(".");
    if (split[group] !== undefined) split[group][key] = value;
  }
  return split as unknown as SplitLimits;
}
