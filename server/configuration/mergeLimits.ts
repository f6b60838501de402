import type { Command } from "commander";
import type { ConfigValues } from "./configFile.ts";
import { type LimitOverrides, parseLimits } from "./serverLimits.ts";

/** The limits that options with names of their own set. */
const SET_BY: Readonly<Record<string, (value: number) => LimitOverrides>> = {
  maxPerAddress: (sockets) => ({ "transport.maxConnectionsPerAddress": sockets }),
  connectsPerSecond: (rate) => ({ "transport.connectsPerSecond": rate, "transport.connectBurst": 8 * rate }),
};

export interface LimitSources {
  /** What was said at the start: flags, variables and, by names of their own, the file. */
  readonly verb: Command;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the configuration file says now. */
  readonly file: ConfigValues;
}

/**
 * The limits that somebody has set, each by the flag before the variable before the file; where one place says a limit by both
 * of its names, `limit` holds.
 * @throws TypeError or RangeError for a variable that cannot be used.
 */
export function mergeLimits({ verb, env, file }: LimitSources): LimitOverrides {
  const byOwnName = (source: string): LimitOverrides => {
    const said = Object.keys(SET_BY).filter((option) => verb.getOptionValueSource(option) === source);
    return Object.assign({}, ...said.map((option) => SET_BY[option]?.(verb.getOptionValue(option) as number)));
  };
  const flags = verb.getOptionValueSource("limit") === "cli" ? (verb.getOptionValue("limit") as LimitOverrides) : {};
  return {
    ...byOwnName("config"),
    ...(file.limit as LimitOverrides | undefined),
    ...byOwnName("env"),
    ...parseLimits(env.HEADWATER_LIMIT ?? ""), // commander leaves it out where there is a flag
    ...byOwnName("cli"),
    ...flags,
  };
}
