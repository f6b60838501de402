// Builds what `npm start`, the tests and the tarball run: dist/ (ES modules and types) and dist/client/pages (the page).
// Workers are always started from dist/, so everything that starts one needs a build first.
import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const bin = (pkg, path) => fileURLToPath(new URL(path, `file://${require.resolve(`${pkg}/package.json`)}`));

function run(label, args) {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) {
    console.error(`build: ${label} failed; the messages above say why`);
    process.exit(status ?? 1);
  }
  console.error(`build: ${label} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** Removes what this build did not write: files of sources that are gone. What else runs from dist/ is not disturbed. */
function removeStale(folder, builtSince) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) removeStale(path, builtSince);
    else if (statSync(path).mtimeMs < builtSince) rmSync(path);
  }
}

const startedAtMs = Date.now() - 1000; // file systems may keep whole seconds
run("library", [bin("@typescript/native", "bin/tsc"), "-p", "tsconfig.build.json"]);
run("page", [bin("vite", "bin/vite.js"), "build", "--config", "client/pages/vite.config.ts", "--logLevel", "warn"]);
removeStale(`${root}dist`, startedAtMs);
chmodSync(`${root}dist/cli/headwater.js`, 0o755);
