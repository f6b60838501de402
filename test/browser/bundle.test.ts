import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { distUrl } from "../support/dist.ts";

/** What client, engine and protocol may take of a page, compressed. */
const MOST_KIB = 120;

interface Bundle {
  /** Page and worker, as one application downloads them. */
  readonly gzipKib: number;
  /** Of the entry's own chunks, those of which anything is left; paths within dist/. */
  readonly modules: readonly string[];
}

/** Bundles as an application would. A worker that the entry starts becomes a file of its own. */
async function bundle(entry: string): Promise<Bundle> {
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
  const files = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
  const bytes = files.map((file) => gzipSync(file.type === "chunk" ? file.code : file.source, { level: 9 }).length);
  const modules = files.flatMap((file) => (file.type === "chunk" ? Object.entries(file.modules) : []));
  return {
    gzipKib: bytes.reduce((sum, length) => sum + length, 0) / 1024,
    modules: modules.flatMap(([id, { code }]) => (code ? id.split("/dist/").slice(1) : [])),
  };
}

describe("what a browser loads", () => {
  let page: Bundle;
  let worker: Bundle;
  beforeAll(async () => {
    // As an application is built: Vite leaves code for development in under the test runner's own environment.
    vi.stubEnv("NODE_ENV", "production");
    page = await bundle("client/browser/index.js");
    worker = await bundle("client/browser/trainingWorker.js");
    vi.unstubAllEnvs();
  });

  it("holds layers, gradients and engine once: in the worker, and not on the page", () => {
    const folders = /^shared\/(engine|nn|graph\/(ops|gradients|examples))\//;
    expect(page.modules).toContain("client/browser/joinRun.js"); // the names are as the patterns expect them
    expect(page.modules.filter((name) => folders.test(name))).toEqual([]);
    expect(worker.modules).toContain("shared/engine/kernels/strict.wasm.js");
  });

  it("holds neither the fast kernels nor named architectures, metrics, data sets or files of other programs", () => {
    const elsewhere =
      /fast\.wasm|^shared\/(models\/zoo|nn\/metrics|metrics|environments|interchange)|reference\/|^datasets\//;
    expect([...page.modules, ...worker.modules].filter((name) => elsewhere.test(name))).toEqual([]);
  });

  it(`is at most ${MOST_KIB} KiB compressed`, () => {
    expect(page.gzipKib).toBeLessThanOrEqual(MOST_KIB); // page.gzipKib has the worker in it
    expect(page.gzipKib).toBeGreaterThan(worker.gzipKib);
  });
});
