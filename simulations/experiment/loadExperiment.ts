import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nameHint } from "../../shared/base/nearestName.ts";
import { FILE_SOURCE_NAMES } from "./dataSource.ts";
import { type Experiment, parseExperiment } from "./experiment.ts";
import { setPath } from "./setPath.ts";
import { UsageError } from "./usageError.ts";

/**
 * Reads an experiment from a file, or one of those that come with Headwater by its name. Paths inside it are relative to
 * its file; they come out absolute, so that the experiment can be kept elsewhere and run again.
 * @param changes assignments `path=value`, applied in order before the experiment is checked.
 * @throws UsageError if there is no such file, it is no JSON, or the experiment is wrong.
 */
export function loadExperiment(nameOrPath: string, changes: readonly string[] = []): Experiment {
  const path = findFile(nameOrPath);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${path} could not be read: ${(error as Error).message}`, { cause: error });
  }
  for (const change of changes) json = setPath(json, change);
  try {
    return withAbsolutePaths(parseExperiment(json), dirname(resolve(path)));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${path}: ${error.message}`, { cause: error });
  }
}

/** Names of the experiments that come with Headwater. */
export function builtInExperiments(): string[] {
  return readdirSync(builtInFolder())
    .filter((name) => name.endsWith(".json"))
    .map((name) => basename(name, ".json"))
    .sort();
}

function withAbsolutePaths(experiment: Experiment, folder: string): Experiment {
  const { model, data, base } = experiment;
  const { source } = data;
  return {
    ...experiment,
    ...(typeof model === "string" && model.endsWith(".json") ? { model: resolve(folder, model) } : {}),
    ...(base === undefined ? {} : { base: resolve(folder, base) }),
    data: { ...data, source: typeof source === "string" ? source : withAbsolutePath(source, folder) },
  };
}

function withAbsolutePath<Source extends object>(source: Source, folder: string): Source {
  const members = Object.entries(source).map(([name, value]) => {
    const isPath = typeof value === "string" && FILE_SOURCE_NAMES.some((file) => file === name);
    return [name, isPath ? resolve(folder, value) : value];
  });
  return Object.fromEntries(members) as Source;
}

function findFile(nameOrPath: string): string {
  if (existsSync(nameOrPath)) return nameOrPath;
  const known = builtInExperiments();
  const name = basename(nameOrPath, ".json");
  if (known.includes(name)) return join(builtInFolder(), `${name}.json`);
  const hint = nameHint(name, known, "built-in experiments");
  throw new UsageError(`no experiment file or built-in experiment "${nameOrPath}"; ${hint}`);
}

/** `simulations/experiments` of the package: beside the source, and two folders up from what is built of it. */
function builtInFolder(): string {
  const beside = fileURLToPath(new URL("../experiments/", import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL("../../../simulations/experiments/", import.meta.url));
}
