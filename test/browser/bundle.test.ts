import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rollup } from "vite";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { distUrl } from "../support/dist.ts";

/** What client, engine and protocol may take of a page, compressed. */
const MOST_KIB = 130;

/** And what a run may load beside it once it asks for more than local training, or for metrics. */
const MOST_LATER_KIB = 10;

/** Bundles as an application would. A worker that the entry starts becomes a file of its own, as does what it loads later. */
async function bundle(entry: string): Promise<readonly (Rollup.OutputChunk | Rollup.OutputAsset)[]> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: fileURLToPath(distUrl(entry)), preserveEntrySignatures: "strict" },
    },
  });
  return [result].flat().flatMap((each) => ("output" in each ? each.output : []));
}

type Files = Awaited<ReturnType<typeof bundle>>;

function gzipKib(files: Files): number {
  const bytes = files.map((file) => gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length);
  return bytes.reduce((sum, length) => sum + length, 0) / 1024;
}

/** What is left of which modules, as paths within dist/: those that the entry needs to start, and those that it loads later. */
function modulesOf(files: Files): { readonly first: readonly string[]; readonly later: readonly string[] } {
  const chunks = files.filter((file) => file.type === "chunk");
  const first = new Set<string>();
  const follow = (fileName: string): void => {
    if (first.has(fileName)) return;
    first.add(fileName);
    for (const chunk of chunks) if (chunk.fileName === fileName) chunk.imports.forEach(follow);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) follow(fileName);
  const namesOf = (isFirst: boolean): string[] =>
    chunks
      .filter(({ fileName }) => first.has(fileName) === isFirst)
      .flatMap(({ modules }) => Object.entries(modules))
      .flatMap(([id, { code }]) => (code ? id.split("/dist/").slice(1) : []));
  return { first: namesOf(true), later: namesOf(false) };
}

/** The page's own code, and the worker that it starts. */
function isFirst({ type, fileName }: Files[number]): boolean {
  return type === "chunk" || fileName.includes("trainingWorker");
}

describe("what a browser loads", () => {
  let files: Files;
  let page: ReturnType<typeof modulesOf>;
  let worker: ReturnType<typeof modulesOf>;
  beforeAll(async () => {
    // As an application is built: Vite leaves code for development in under the test runner's own environment.
    vi.stubEnv("NODE_ENV", "production");
    files = await bundle("client/browser/index.js");
    page = modulesOf(files);
    worker = modulesOf(await bundle("client/browser/trainingWorker.js"));
    vi.unstubAllEnvs();
  });

  it("holds layers, gradients and engine once: in the worker, and not on the page", () => {
    const folders = /^shared\/(engine|nn|graph\/(ops|gradients|examples))\//;
    expect(page.first).toContain("client/browser/joinRun.js"); // the names are as the patterns expect them
    expect([...page.first, ...page.later].filter((name) => folders.test(name))).toEqual([]);
    expect(worker.first).toContain("shared/engine/kernels/strict.wasm.js");
  });

  it("holds neither the fast kernels nor named architectures, metrics, data sets or files of other programs", () => {
    const elsewhere =
      /fast\.wasm|^shared\/(models\/zoo|nn\/metrics|metrics|environments|interchange)|reference\/|^datasets\//;
    expect([...page.first, ...worker.first].filter((name) => elsewhere.test(name))).toEqual([]);
  });

  it("loads what single strategies and metrics need when a run has them", () => {
    expect(worker.later).toContain("shared/train/halves/scaffoldHalf.js");
    expect(worker.later).toContain("shared/nn/metrics/accuracy.js");
    expect(worker.later.filter((name) => !/^shared\/(train|nn\/metrics|params)\//.test(name))).toEqual([]);
    expect(gzipKib(files.filter((file) => !isFirst(file)))).toBeLessThanOrEqual(MOST_LATER_KIB);
  });

  it(`is at most ${MOST_KIB} KiB compressed`, () => {
    expect(files.filter(isFirst)).toHaveLength(2);
    expect(gzipKib(files.filter(isFirst))).toBeLessThanOrEqual(MOST_KIB);
  });
});
