import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { useBrowserRun } from "../../support/browserRun.ts";
import { PAGE_OPTIONS, PLAIN_HTTP_HOST } from "../../support/chromium.ts";

const shared = useBrowserRun();

const atPhone = (): string => shared.run.url.replace("127.0.0.1", PLAIN_HTTP_HOST);

async function openPages(url: string, count: number): Promise<Page[]> {
  const context = await shared.browser.newContext(PAGE_OPTIONS);
  onTestFinished(() => context.close());
  const pages = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  for (const page of pages) await page.goto(url);
  return pages;
}

async function join(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Take sample" }).click();
  await page.getByRole("button", { name: "Join and train with my 100 rows" }).click();
}

const tookPart = (page: Page): Promise<void> => page.getByText(/^[1-9]\d* rounds?$/).waitFor();

/** What the page's own database holds, by the SDK's names. */
const storedIdentity = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<{ protection: string; extractable: boolean | undefined; seedBytes: number | undefined }>(
        (resolve) => {
          const opening = indexedDB.open("headwater");
          opening.onsuccess = () => {
            const reading = opening.result.transaction("identity").objectStore("identity").get("default");
            reading.onsuccess = () => {
              const { protection, privateKey, seed } = reading.result;
              resolve({ protection, extractable: privateKey?.extractable, seedBytes: seed?.length });
            };
          };
        },
      ),
  );

describe("the key that a browser keeps", () => {
  it("cannot be read by scripts in a secure context", async () => {
    const [page] = (await openPages(shared.run.url, 1)) as [Page];
    expect(await page.evaluate(() => isSecureContext)).toBe(true);
    await join(page);
    await tookPart(page);
    expect(await storedIdentity(page)).toMatchObject({ protection: "non-extractable", extractable: false });
  });

  it("is a stored seed over plain http on a network, takes part all the same, and is called weaker", async () => {
    const [page] = (await openPages(atPhone(), 1)) as [Page];
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await join(page);
    await tookPart(page);
    await page.getByText("scripts of this page could copy it").waitFor();
    expect(await storedIdentity(page)).toMatchObject({ protection: "stored-seed", seedBytes: 32 });
  });

  it("takes part in one tab at a time, and in the other once that one is closed", async () => {
    const [first, second] = (await openPages(shared.run.url, 2)) as [Page, Page];
    await join(first);
    await tookPart(first);
    await join(second);
    await second.getByText("takes part in another tab already").waitFor();
    await first.close();
    await second.getByRole("button", { name: "Join and train with my 100 rows" }).click();
    await tookPart(second);
  });
});
