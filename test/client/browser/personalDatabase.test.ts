import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll } from "vitest";
import type { PersonalStore } from "../../../client/core/personalStore.ts";
import { personalStoreContract } from "../../contract/personalStore.ts";
import { launchChromium, PAGE_OPTIONS } from "../../support/chromium.ts";

/** Any origin will do: the page is answered here. */
const ORIGIN = "http://127.0.0.1:1/";

let browser: Browser;
let code: string;
beforeAll(async () => {
  browser = await launchChromium();
  const entry = fileURLToPath(new URL("../../../client/browser/personalDatabase.ts", import.meta.url));
  const output = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: false, lib: { entry, formats: ["iife"], name: "personal" } },
  });
  const [chunk] = [output].flat().flatMap((each) => ("output" in each ? each.output : []));
  code = chunk?.type === "chunk" ? chunk.code : "";
});
afterAll(() => browser?.close());

type Call = readonly [method: keyof PersonalStore, runId: string, headerHash?: string, bytes?: number[]];

/** The store of a page, spoken to from here. Each gets a page of its own, of one visitor. */
function storeIn(openPage: () => Promise<Page>): PersonalStore {
  const page = openPage();
  const call = async (...given: Call): Promise<number[] | string | undefined> =>
    (await page).evaluate(async ([method, runId, headerHash, bytes]) => {
      // biome-ignore lint/suspicious/noExplicitAny: the bundle is a global of the page
      const { openPersonalDatabase, personalDatabase } = (globalThis as any).personal;
      const database = await openPersonalDatabase();
      const store = personalDatabase(database, "client");
      const got = await store[method](runId, headerHash, bytes && Uint8Array.from(bytes));
      database.close();
      return typeof got === "string" ? got : got && [...got];
    }, given);
  return {
    async load(runId) {
      const bytes = (await call("load", runId)) as number[] | undefined;
      return bytes && Uint8Array.from(bytes);
    },
    held: (runId) => call("held", runId) as ReturnType<PersonalStore["held"]>,
    hold: async (runId, headerHash, bytes) => void (await call("hold", runId, headerHash, [...bytes])),
    promote: async (runId, headerHash) => void (await call("promote", runId, headerHash)),
    drop: async (runId, headerHash) => void (await call("drop", runId, headerHash)),
  };
}

personalStoreContract(
  "IndexedDB",
  () => {
    const context = browser.newContext(PAGE_OPTIONS);
    return () =>
      storeIn(async () => {
        const page = await (await context).newPage();
        await page.route("**", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html>" }));
        await page.goto(ORIGIN);
        await page.addScriptTag({ content: code });
        return page;
      });
  },
  true,
);
