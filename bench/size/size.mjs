// How much a browser loads: the SDK (client, engine and protocol) and its training worker, bundled and compressed, and each build of the
// kernels by itself. The bundle is measured twice: as Vite makes it, where page and worker each have a copy of the engine, and
// with every module once, as a build shares it that names the worker as a second entry. What single strategies and metrics load later
// counts by itself. Then the largest modules of either thread.
// Exits 1 if a goal is missed.
//
//   npm run build && node bench/size/size.mjs [--modules 12] [--json result.json]
import { readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.mjs";

const KIB = 1024;
const BUNDLE_GOAL_KIB = 130;
const LATER_GOAL_KIB = 10;
const KERNELS_GOAL_KIB = 60;

const { values: options } = parseArgs({
  options: { modules: { type: "string", default: "12" }, json: { type: "string" } },
});
const listed = Number(options.modules);
if (!Number.isInteger(listed) || listed < 0)
  throw new RangeError(`"--modules" expected a whole number >= 0, got ${options.modules}`);
const dist = (path) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const report = { downloaded: [], once: [], kernels: [], pageModules: [], workerModules: [] };
const page = dist("client/browser/index.js");
const worker = dist("client/browser/trainingWorker.js");

title("browser bundle as Vite makes it");
const downloaded = await bundle([page]);
report.downloaded = downloaded.map(measure);
const isDownloadMet = judgeParts(report.downloaded);

title("every module once");
report.once = (await bundle([page, worker])).filter(({ type }) => type === "chunk").map(measure);
const isOnceMet = judgeParts(report.once);

title("kernels, WebAssembly");
const folder = "shared/engine/kernels";
for (const file of readdirSync(dist(folder)).filter((name) => name.endsWith(".wasm.js"))) {
  const inlined = Object.values(await import(dist(`${folder}/${file}`))).find((value) => typeof value === "string");
  report.kernels.push(measure({ fileName: file.replace(".js", ""), code: Buffer.from(inlined, "hex") }));
}
const largest = Math.max(...report.kernels.map(({ gzipKib }) => gzipKib));
const areKernelsMet = judge("the largest build", largest, KERNELS_GOAL_KIB);

report.pageModules = list("largest modules of the page", downloaded);
report.workerModules = list("largest modules of the worker", await bundle([worker]));

if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
process.exitCode = isDownloadMet && isOnceMet && areKernelsMet ? 0 : 1;

function title(text) {
  console.log(`${text.padEnd(38)} ${"bytes".padStart(11)} ${"gzip KiB".padStart(12)}`);
}

function judgeParts(files) {
  const isFirstMet = judge(
    "together, before a run is known",
    sum(files.filter(({ isFirst }) => isFirst)),
    BUNDLE_GOAL_KIB,
  );
  const isLaterMet = judge("later, as a run asks", sum(files.filter(({ isFirst }) => !isFirst)), LATER_GOAL_KIB);
  return isFirstMet && isLaterMet;
}

function measure({ fileName, code, isFirst }) {
  const bytes = Buffer.from(code);
  const gzipKib = gzipSync(bytes, { level: 9 }).length / KIB;
  console.log(`  ${fileName.padEnd(36)} ${String(bytes.length).padStart(11)} ${gzipKib.toFixed(1).padStart(12)}`);
  return { fileName, bytes: bytes.length, gzipKib, ...(isFirst !== undefined && { isFirst }) };
}

function list(text, files) {
  const modules = files.filter(({ isFirst }) => isFirst).flatMap((file) => file.modules);
  console.log(`${text} (of ${modules.length})`);
  for (const { name, gzipKib } of modules.slice(0, listed)) {
    console.log(`  ${name.padEnd(48)} ${gzipKib.toFixed(2).padStart(12)}`);
  }
  console.log();
  return modules;
}

function sum(files) {
  return files.reduce((total, { gzipKib }) => total + gzipKib, 0);
}

function judge(name, kib, goalKib) {
  const isMet = kib <= goalKib;
  console.log(`  ${name}: ${kib.toFixed(1)} KiB, goal ${goalKib} KiB: ${isMet ? "met" : "MISSED"}\n`);
  return isMet;
}
