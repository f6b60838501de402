import type { Command } from "commander";
import { type ConfigValues, isSaidElsewhere } from "./configFile.ts";
import { HOT_OPTIONS, type HotSettings, type LiveSettings } from "./liveSettings.ts";

/** What came of reading the configuration again. */
export interface ReloadResult {
  /** Options whose new value holds from now on. */
  readonly changed: readonly string[];
  /** Options whose new value waits for the next start. */
  readonly needRestart: readonly string[];
}

export interface ReloadOptions {
  readonly verb: Command;
  readonly live: LiveSettings;
  /** What the file said at the start. */
  readonly atStart: ConfigValues;
  /** What it says now. */
  readonly now: ConfigValues;
}

/** Takes over what a changed configuration file says of the hot options, and names the others that differ. */
export function reloadConfig({ verb, live, atStart, now }: ReloadOptions): ReloadResult {
  const next = { ...live.current } as Record<keyof HotSettings, unknown>;
  const changed: string[] = [];
  for (const name of HOT_OPTIONS) {
    if (isSaidElsewhere(verb, name)) continue;
    next[name] = now[name] ?? defaultOf(verb, name);
    if (!isSame(next[name], live.current[name])) changed.push(name);
  }
  live.apply(next as HotSettings);
  const cold = [...new Set([...Object.keys(atStart), ...Object.keys(now)])].filter(
    (name) => !(HOT_OPTIONS as readonly string[]).includes(name),
  );
  const needRestart = cold.filter((name) => !isSaidElsewhere(verb, name) && !isSame(atStart[name], now[name]));
  return { changed, needRestart };
}

function defaultOf(verb: Command, name: string): unknown {
  return verb.options.find((option) => option.attributeName() === name)?.defaultValue;
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
