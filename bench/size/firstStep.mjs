// From navigation to the first training step in Chromium: page, SDK, training worker, kernels, model and params loaded from a server on
// this machine, the program compiled, one step of 10 rows done and reported. Every repetition is a fresh context with an empty
// cache; the browser itself runs already. Exits 1 if the median of a model misses the goal.
//
//   npm run build && node bench/size/firstStep.mjs [--models 2nn,cnn,tiny-gpt] [--repetitions 15] [--json result.json]
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer as createVite } from "vite";
import { createRng, encodeParams, zooModel } from "../../dist/shared/index.js";
import { median } from "../engine/figures.mjs";
import { bundle } from "./bundle.mjs";

const GOAL_MS = 300;
const BATCH_SIZE = 10;
const STEPS = 6;
const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "2nn,cnn,tiny-gpt" },
    repetitions: { type: "string", default: "15" },
    json: { type: "string" },
  },
});
const repetitions = Number(options.repetitions);
if (!Number.isInteger(repetitions) || repetitions < 1)
  throw new RangeError(`"--repetitions" expected a whole number >= 1, got ${options.repetitions}`);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const bundled = await bundle([here("firstStepPage.mjs")]);
let files;
const server = createServer((request, response) => {
  const file = files.get(request.url);
  response.writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" });
  response.end(file?.body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
// The tests' own way to find and start Chromium is TypeScript, which vite loads.
const vite = await createVite({
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const chromium = await vite.ssrLoadModule(here("../../test/support/chromium.ts"));
const browser = await chromium.launchChromium();
const report = { chromium: browser.version(), models: {} };
try {
  console.log(
    `Chromium ${browser.version()}, batch ${BATCH_SIZE}, ${repetitions} visits; milliseconds since navigation`,
  );
  for (const name of options.models.split(",")) {
    files = siteFiles(name);
    const runs = [];
    // Run -1 warms up the browser and this server.
    for (let run = -1; run < repetitions; run++) {
      const times = await visit();
      if (run >= 0) runs.push(times);
    }
    report.models[name] = { medians: print(name, runs), runs };
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const isMet = Object.values(report.models).every(({ medians }) => medians.firstStep <= GOAL_MS);
  process.exitCode = isMet ? 0 : 1;
} finally {
  await browser.close();
  await vite.close();
  server.close();
}

async function visit() {
  const context = await browser.newContext(chromium.PAGE_OPTIONS);
  try {
    const page = await context.newPage();
    const failed = new Promise((_, reject) => {
      page.on("pageerror", reject);
    });
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const done = page.waitForFunction(() => globalThis.times, undefined, { timeout: 30_000 });
    const times = await (await Promise.race([done, failed])).jsonValue();
    if (times.stepsDone !== 1) throw new Error(`the first report expected 1 step, got ${times.stepsDone}`);
    return times;
  } finally {
    await context.close();
  }
}

/** Prints the medians of all times, and gives them. */
function print(name, runs) {
  const fields = { sdkLoaded: "SDK loaded", fetched: "params here", prepared: "worker ready", firstStep: "first step" };
  const medians = {};
  for (const [field, title] of Object.entries({ ...fields, epoch: `${STEPS} steps` })) {
    const values = runs.map((times) => times[field]);
    medians[field] = median(values);
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(0));
    console.log(`  ${title.padEnd(14)} median ${medians[field].toFixed(0).padStart(5)}  (${low} to ${high})`);
  }
  console.log(`  ${name}: goal ${GOAL_MS} ms to the first step: ${medians.firstStep <= GOAL_MS ? "met" : "MISSED"}\n`);
  return medians;
}

/** What the server holds, by address. */
function siteFiles(name) {
  const entry = bundled.find(({ isEntry }) => isEntry);
  const model = zooModel(name);
  const workload = {
    inputShape: model.document.input.shape,
    targetSize: model.loss.targets(1, model.outputShape).shape.reduce((product, size) => product * size, 1),
    numClasses: model.numClasses,
    batchSize: BATCH_SIZE,
    steps: STEPS,
  };
  const body = `<body data-workload='${JSON.stringify(workload)}'><script type="module" src="/${entry.fileName}"></script>`;
  return new Map([
    ["/", { type: "text/html", body: `<!doctype html><meta charset="utf-8">${body}` }],
    ["/model.json", { type: "application/json", body: JSON.stringify(model.document) }],
    [
      "/params.bin",
      { type: "application/octet-stream", body: encodeParams(model.spec, model.init(createRng("bench"))) },
    ],
    ...bundled.map(({ fileName, code }) => [`/${fileName}`, { type: "text/javascript", body: code }]),
  ]);
}
