// How much a browser loads: the SDK (client, engine and protocol; its training worker too) bundled and compressed, and each build of
// the kernels by itself. Exits 1 if a goal is missed.
//
//   npm run build && node bench/size/size.mjs [--json result.json]
import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.mjs";

const KIB = 1024;
const BUNDLE_GOAL_KIB = 120;
const KERNELS_GOAL_KIB = 60;

const { values: options } = parseArgs({ options: { json: { type: "string" } } });
const dist = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const report = { bundle: [], kernels: [] };

console.log("browser bundle, minified                     bytes     gzip KiB");
for (const { fileName, code } of await bundle(dist("client/browser/index.js"))) {
  report.bundle.push(measure(fileName, Buffer.from(code)));
}
const total = report.bundle.reduce((sum, { gzipKib }) => sum + gzipKib, 0);
const isBundleMet = judge("together", total, BUNDLE_GOAL_KIB);

console.log("\nkernels, WebAssembly                         bytes     gzip KiB");
const folder = "shared/engine/kernels";
for (const file of readdirSync(dist(folder)).filter((name) => name.endsWith(".wasm.js"))) {
  const base64 = Object.values(await import(dist(`${folder}/${file}`))).find((value) => typeof value === "string");
  report.kernels.push(measure(file.replace(".js", ""), Buffer.from(base64, "base64")));
}
const largest = Math.max(...report.kernels.map(({ gzipKib }) => gzipKib));
const areKernelsMet = judge("the largest build", largest, KERNELS_GOAL_KIB);

if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = isBundleMet && areKernelsMet ? 0 : 1;

function measure(name, bytes) {
  const gzipKib = gzipSync(bytes, { level: 9 }).length / KIB;
  console.log(`  ${name.padEnd(36)} ${String(bytes.length).padStart(11)} ${gzipKib.toFixed(1).padStart(12)}`);
  return { name, bytes: bytes.length, gzipKib };
}

function judge(name, kib, goalKib) {
  const isMet = kib <= goalKib;
  console.log(`  ${name}: ${kib.toFixed(1)} KiB, goal ${goalKib} KiB: ${isMet ? "met" : "MISSED"}`);
  return isMet;
}
