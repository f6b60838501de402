import { fileURLToPath } from "node:url";
import { build } from "vite";
import { describe, expect, it, onTestFinished } from "vitest";
import * as headwater from "../../shared/index.ts";
import { bitIdentityCall, bitIdentityHashes } from "../support/bitIdentity.ts";
import { launchChromium, PAGE_OPTIONS } from "../support/chromium.ts";
import { distUrl } from "../support/dist.ts";

/** The built library as one classic script that sets `headwater`. */
async function bundleLibrary(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(distUrl("shared/index.js")),
        formats: ["iife"],
        name: "headwater",
        fileName: "library",
      },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const chunk = bundle && "output" in bundle ? bundle.output[0] : undefined;
  if (!chunk) throw new TypeError("vite expected one bundle of the library, got none");
  return chunk.code;
}

describe("trained params are the same bytes in Chromium as in Node", () => {
  const here = bitIdentityHashes(headwater);

  it("on the page's own thread and in a worker", { timeout: 120_000 }, async () => {
    const library = await bundleLibrary();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ ...PAGE_OPTIONS });
    await page.addScriptTag({ content: library });
    const call = bitIdentityCall();
    expect(await page.evaluate(call)).toEqual(here);

    const inWorker = await page.evaluate((source) => {
      const worker = new Worker(URL.createObjectURL(new Blob([source])));
      return new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    }, `${library}; postMessage(${call});`);
    expect(inWorker).toEqual(here);
  });
});
