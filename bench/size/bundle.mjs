import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, minifySync } from "vite";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles entries for browsers, minified, as an application would. A worker that they start becomes a file of its own, an
 * "asset" that shares no chunk with them. Resolves to the files: { fileName, type, isEntry, isFirst, code, modules }. `isFirst`
 * is false of what is loaded only when a run asks for it; `modules` says what each module adds to a chunk, largest first:
 * { name, gzipKib }.
 */
export async function bundle(entries) {
  const { output } = await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2022",
      minify: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      // All of the entry's exports stay, also those that the page of a test would not use.
      rolldownOptions: { input: entries, preserveEntrySignatures: "strict", checks: { pluginTimings: false } },
    },
  });
  const first = firstLoaded(output);
  return output.map((file) => ({
    fileName: file.fileName,
    type: file.type,
    isEntry: file.type === "chunk" && file.isEntry,
    isFirst: first.has(file.fileName),
    code: file.type === "chunk" ? file.code : file.source,
    modules: file.type === "chunk" ? shares(file) : [],
  }));
}

/** Names of the entries, of what they import, and of the worker that they start, which is one file. */
function firstLoaded(output) {
  const first = new Set();
  const follow = (fileName) => {
    if (first.has(fileName)) return;
    first.add(fileName);
    output.find((file) => file.fileName === fileName)?.imports?.forEach(follow);
  };
  for (const { fileName, isEntry } of output) if (isEntry || fileName.includes("trainingWorker")) follow(fileName);
  return first;
}

/**
 * What the compressed chunk would lose with each module, a package of node_modules counting as one. Less than all of it together:
 * what two modules have in common is counted for neither.
 */
function shares({ modules }) {
  const parts = new Map();
  for (const [id, { code: kept }] of Object.entries(modules)) {
    if (!kept) continue;
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? id.replace(ROOT, "").replace("\0", "");
    // Nothing of it may fall away: what uses it is in the other modules.
    const { code } = minifySync(name, kept, { module: true, compress: false, mangle: { toplevel: true } });
    parts.set(name, (parts.get(name) ?? "") + code);
  }
  const gzipBytes = (names) => gzipSync(names.map((name) => parts.get(name)).join("\n")).length;
  const names = [...parts.keys()];
  const all = gzipBytes(names);
  return names
    .map((name) => ({ name, gzipKib: (all - gzipBytes(names.filter((other) => other !== name))) / 1024 }))
    .sort((a, b) => b.gzipKib - a.gzipKib);
}
