import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/**
 * Builds the page to dist/client/pages, for a coordinator to serve under any path. The library comes from dist/ (the
 * package refers to itself), so it is built first.
 */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the page works behind a proxy that serves it under a sub-path.
  base: "./",
  plugins: [svelte({ configFile: false })],
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../../dist/client/pages", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy has no data: for scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // How long plugins took on a busy machine is no news for whoever runs a build.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
