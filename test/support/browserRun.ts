import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchChromium } from "./chromium.ts";
import { type PageRun, startPageRun } from "./pageRun.ts";

/** A browser and a coordinator for all tests of a file; there from the first test on, gone after the last. */
export interface BrowserRun {
  readonly browser: Browser;
  readonly run: PageRun;
}

export function useBrowserRun(): BrowserRun {
  const shared = {} as { browser: Browser; run: PageRun };
  beforeAll(async () => {
    shared.browser = await launchChromium();
    shared.run = await startPageRun();
  });
  afterAll(async () => {
    await shared.browser?.close();
    await shared.run?.dispose();
  });
  return shared;
}
