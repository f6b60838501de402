import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";

const BENCH = fileURLToPath(new URL("../bench", import.meta.url));
const IMPORT = /(?:import|const)\s*\{([^}]*)\}\s*(?:from\s*|=\s*await import\()"([^"]*\/dist\/[^"]+)"/g;

interface Wanted {
  readonly path: string;
  /** The module of dist/, and what of it the file takes. */
  readonly module: string;
  readonly names: readonly string[];
}

function wantedBy(path: string): readonly Wanted[] {
  return [...readFileSync(join(BENCH, path), "utf8").matchAll(IMPORT)].map(([, names = "", module = ""]) => ({
    path,
    module: resolve(dirname(join(BENCH, path)), module),
    names: names.split(",").flatMap((name) => name.trim().split(/\s+as\s+|\s*:\s*/)[0] || []),
  }));
}

// Nothing else looks at what benches import: they run for long and by hand, and types are not checked in them.
it("finds what every bench takes from dist/", async () => {
  const files = readdirSync(BENCH, { recursive: true, encoding: "utf8" });
  const wanted = files.filter((path) => path.endsWith(".mjs") && !path.startsWith("node_modules")).flatMap(wantedBy);
  expect(wanted.length).toBeGreaterThan(20);
  const missing: string[] = [];
  for (const { path, module, names } of wanted) {
    const exported = Object.keys(await import(pathToFileURL(module).href));
    for (const name of names) if (!exported.includes(name)) missing.push(`${path}: ${name} of ${module}`);
  }
  expect(missing).toEqual([]);
});
