import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { nearestName } from "../../shared/base/nearestName.ts";
import { checkLimit, type LimitOverrides } from "./serverLimits.ts";

/** Values by the name of their option: "maxDisk" for --max-disk. */
export type ConfigValues = Readonly<Record<string, unknown>>;

/** Options that name the file itself, or ask for help. */
const NOT_IN_FILES = ["config", "help"];

/**
 * Reads a configuration file: a JSON object whose keys are the verb's options in camel case, each held to the same bounds
 * as its flag; limits stand together under "limits".
 * @throws TypeError that names the file, the key, what was expected and what came.
 */
export function readConfigFile(path: string, verb: Command): ConfigValues {
  try {
    return parseConfig(JSON.parse(readFileSync(path, "utf8")), verb);
  } catch (error) {
    throw new TypeError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws TypeError or RangeError naming the key. */
export function parseConfig(json: unknown, verb: Command): ConfigValues {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new TypeError(`expected a JSON object of options, got ${Array.isArray(json) ? "a list" : typeof json}`);
  }
  const options = new Map(verb.options.map((option) => [option.attributeName(), option]));
  for (const name of NOT_IN_FILES) options.delete(name);
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(json)) {
    const option = options.get(key === "limits" ? "limit" : key);
    if (option === undefined || key === "limit") {
      const nearest = nearestName(key, [...options.keys(), "limits"]);
      throw new TypeError(`${JSON.stringify(key)} is no option${nearest ? `; did you mean "${nearest}"?` : ""}`);
    }
    values[option.attributeName()] = key === "limits" ? parseLimitObject(value) : parseOption(key, option, value);
  }
  return values;
}

function parseLimitObject(value: unknown): LimitOverrides {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError('"limits" expected an object such as { "transport.maxConnections": 5000 }');
  }
  return Object.fromEntries(Object.entries(value).map(([name, limit]) => [name, checkLimit(name, limit)]));
}

function parseOption(key: string, option: Option, value: unknown): unknown {
  if (option.isBoolean()) {
    if (typeof value !== "boolean")
      throw new TypeError(`"${key}" expected true or false, got ${JSON.stringify(value)}`);
    return value;
  }
  // An option whose value may be left out says true for that.
  const isText = (item: unknown): boolean =>
    typeof item === "string" || typeof item === "number" || (option.optional && typeof item === "boolean");
  const items = option.variadic ? value : [value];
  if (!Array.isArray(items) || !items.every(isText)) {
    const expected = option.variadic ? "a list of texts" : "a text or a number";
    throw new TypeError(`"${key}" expected ${expected}, got ${JSON.stringify(value)}`);
  }
  try {
    const parsed = items.map((item) => (option.parseArg ? option.parseArg(String(item), undefined) : String(item)));
    return option.variadic ? parsed.flat() : parsed[0];
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new TypeError(`"${key}": ${error.message}`, { cause: error });
    throw error;
  }
}

/** Whether flag or environment say it: they win over the file. */
export function isSaidElsewhere(verb: Command, name: string): boolean {
  return ["cli", "env"].includes(verb.getOptionValueSource(name) ?? "");
}

/** Gives the verb what the file says, where neither a flag nor the environment says otherwise. */
export function applyConfig(verb: Command, values: ConfigValues): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isSaidElsewhere(verb, name)) verb.setOptionValueWithSource(name, value, "config");
  }
}
