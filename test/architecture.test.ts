import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = ["shared", "server", "client", "simulations", "datasets", "cli", "test", "bench", "scripts"] as const;
const LONGEST_FILE = 400;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Which of the project's own places a file may import, by the first prefix of its path that matches. */
const MAY_IMPORT: readonly (readonly [prefix: string, allowed: readonly string[]])[] = [
  ["shared/", ["shared/"]],
  ["datasets/", ["datasets/", "shared/"]],
  ["cli/verb/", ["cli/verb/"]],
  ["server/", ["server/", "shared/", "datasets/", "cli/verb/"]],
  ["client/core/", ["client/core/", "shared/"]],
  ["client/browser/", ["client/browser/", "client/core/", "shared/"]],
  ["client/node/", ["client/node/", "client/core/", "shared/", "datasets/", "cli/verb/"]],
  ["client/pages/", ["client/pages/"]],
  [
    "simulations/",
    [
      "simulations/",
      "shared/",
      "datasets/",
      "cli/verb/",
      "server/rounds/",
      "server/strategies/",
      "server/store/",
      "client/core/",
    ],
  ],
];

/** Pure by contract: no socket, file, timer, wall clock or ambient randomness. */
const PURE = ["server/rounds/transition", "server/strategies/", "client/core/session"];
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|queueMicrotask|fetch\(|process\.|crypto\.)/;

/** What only a page has. `document` alone is also the word for a model's JSON, so its members are named. */
const DOM =
  /\b(window|localStorage|sessionStorage|navigator|indexedDB)\.|\bdocument\.(body|head|cookie|title|createElement|getElementById|querySelector|addEventListener)\b/;

/** Transcendental functions differ between engines; every path whose bytes matter takes shared/base/math.ts. */
const PLATFORM_MATH =
  /\bMath\.(exp|expm1|log|log1p|log2|log10|sin|cos|tan|tanh|sinh|cosh|asin|acos|atan|atan2|pow|cbrt|hypot)\b/;
const BYTES_MATTER = ["shared/", "server/rounds/", "server/strategies/", "simulations/"];

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "dist", ".artifacts"].includes(entry.name) ? [] : listFiles(path);
    return /\.(ts|mjs|svelte)$/.test(entry.name) ? [path] : [];
  });
}

function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  const specifiers = [...text.matchAll(/(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"([^"]+)"/g)].map(
    (match) => match[1] ?? "",
  );
  return {
    path: relative(ROOT, path),
    text,
    imports: specifiers.map((name) => (name.startsWith(".") ? relative(ROOT, resolve(dirname(path), name)) : name)),
  };
}

const sources = FOLDERS.filter((name) => statSync(join(ROOT, name), { throwIfNoEntry: false }))
  .flatMap((name) => listFiles(join(ROOT, name)))
  .map(readSource);
const product = sources.filter(({ path }) => !/^(test|bench|scripts)\//.test(path));
const kernels = (path: string): boolean => path.startsWith("shared/engine/kernels/assembly/");
const isOwn = (name: string): boolean => FOLDERS.some((folder) => name.startsWith(`${folder}/`));

describe("the architecture", () => {
  it("lets each folder import only what the import rule allows", () => {
    const broken = product.flatMap(({ path, imports }) => {
      const allowed = MAY_IMPORT.find(([prefix]) => path.startsWith(prefix))?.[1];
      if (allowed === undefined || kernels(path)) return [];
      return imports
        .filter((name) => isOwn(name) && !allowed.some((prefix) => name.startsWith(prefix)))
        .map((name) => `${path} -> ${name}`);
    });
    expect(broken).toEqual([]);
  });

  it("keeps node: modules and the DOM out of shared/ and client/core", () => {
    const broken = product
      .filter(({ path }) => /^(shared|client\/core)\//.test(path) && !kernels(path))
      .filter(({ text, imports }) => imports.some((name) => name.startsWith("node:")) || DOM.test(stripComments(text)))
      .map(({ path }) => path);
    expect(broken).toEqual([]);
  });

  it("keeps the pages on the public SDK", () => {
    const broken = product
      .filter(({ path }) => path.startsWith("client/pages/"))
      .flatMap(({ path, imports }) =>
        imports.filter((name) => isOwn(name) && !name.startsWith("client/pages/")).map((name) => `${path} -> ${name}`),
      );
    expect(broken).toEqual([]);
  });

  it("keeps the state machines and strategies pure", () => {
    const broken = product
      .filter(({ path }) => PURE.some((prefix) => path.startsWith(prefix)))
      .filter(
        ({ text, imports }) => IMPURE.test(stripComments(text)) || imports.some((name) => name.startsWith("node:")),
      )
      .map(({ path }) => path);
    expect(broken).toEqual([]);
  });

  it("keeps implementation-defined mathematics out of paths whose bytes matter", () => {
    const broken = product
      .filter(({ path }) => BYTES_MATTER.some((prefix) => path.startsWith(prefix)) && !kernels(path))
      .filter(({ text }) => PLATFORM_MATH.test(stripComments(text)))
      .map(({ path }) => path);
    expect(broken).toEqual([]);
  });

  it(`keeps every file within ${LONGEST_FILE} lines`, () => {
    const long = sources.filter(
      ({ path, text }) => !path.endsWith(".wasm.ts") && text.split("\n").length > LONGEST_FILE + 1,
    );
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it("has no import cycle", () => {
    const graph = new Map(product.map(({ path, imports }) => [path, imports.filter(isOwn)]));
    expect(findCycle(graph)).toBeUndefined();
  });
});

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

/** A cycle as a list of paths, by depth-first search, or undefined. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): readonly string[] | undefined => {
    if (finished.has(path)) return undefined;
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    finished.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
