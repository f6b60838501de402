import { fileURLToPath } from "node:url";
import { build } from "vite";

/**
 * Bundles entries for browsers, minified, as an application would. A worker that they start becomes a file of its own, an
 * "asset" that shares no chunk with them. Resolves to the files: { fileName, type, isEntry, code }.
 */
export async function bundle(entries) {
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
      rolldownOptions: { input: entries, preserveEntrySignatures: "strict", checks: { pluginTimings: false } },
    },
  });
  return output.map((file) => ({
    fileName: file.fileName,
    type: file.type,
    isEntry: file.type === "chunk" && file.isEntry,
    code: file.type === "chunk" ? file.code : file.source,
  }));
}
