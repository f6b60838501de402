import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * Bundles an entry for browsers, minified, as an application would, training worker included.
 * Resolves to the files: { fileName, isEntry, code }.
 */
export async function bundle(entry) {
  const { output } = await build({
    configFile: false,
    root: fileURLToPath(new URL("../..", import.meta.url)),
    logLevel: "error",
    worker: { format: "es" },
    build: {
      write: false,
      target: "es2022",
      minify: true,
      assetsInlineLimit: 0,
      modulePreload: false,
      // All of the entry's exports stay, also those that the page of a test would not use.
      rolldownOptions: { input: entry, preserveEntrySignatures: "strict", checks: { pluginTimings: false } },
    },
  });
  return output.map((file) => ({
    fileName: file.fileName,
    isEntry: file.type === "chunk" && file.isEntry,
    code: file.type === "chunk" ? file.code : file.source,
  }));
}
