import type { Command } from "commander";
import { type ConfigValues, isSaidElsewhere } from "./configFile.ts";
import { HOT_OPTIONS, hotSettingsOf, type LiveSettings } from "./liveSettings.ts";
import { type LimitSources, mergeLimits } from "./mergeLimits.ts";

/** What came of reading the configuration again. */
export interface ReloadResult {
  /** Options whose new value holds from now on. */
  readonly changed: readonly string[];
  /** Options whose new value waits for the next start. */
  readonly needRestart: readonly string[];
}

export interface ReloadOptions {
  readonly verb: Command;
  readonly env: LimitSources["env"];
  readonly live: LiveSettings;
  /** What the file said at the start. */
  readonly atStart: ConfigValues;
  /** What it says now. */
  readonly now: ConfigValues;
}

/** Takes over what a changed configuration file says of the hot options, and names the others that differ. */
export function reloadConfig({ verb, env, live, atStart, now }: ReloadOptions): ReloadResult {
  const before = live.current;
  const kept = HOT_OPTIONS.filter((name) => isSaidElsewhere(verb, name));
  const limit = mergeLimits({ verb, env, file: now });
  live.apply({ ...hotSettingsOf(now), ...Object.fromEntries(kept.map((name) => [name, before[name]])), limit });
  const changed = HOT_OPTIONS.filter((name) => !isSame(live.current[name], before[name]));
  const cold = [...new Set([...Object.keys(atStart), ...Object.keys(now)])].filter(
    (name) => !(HOT_OPTIONS as readonly string[]).includes(name),
  );
  const needRestart = cold.filter((name) => !isSaidElsewhere(verb, name) && !isSame(atStart[name], now[name]));
  return { changed, needRestart };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
