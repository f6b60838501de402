import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { fromHex } from "../../shared/base/hash.ts";
import { parseUpdateHeader } from "../../shared/protocol/updateHeader.ts";
import { useBrowserRun } from "../support/browserRun.ts";
import { PAGE_OPTIONS, PLAIN_HTTP_HOST } from "../support/chromium.ts";
import { startPageRun } from "../support/pageRun.ts";

const shared = useBrowserRun();

/** A page of its own storage, with everything that the browser complained about. */
async function openPage({ url = shared.run.url, width = 1280 } = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await shared.browser.newContext({ ...PAGE_OPTIONS, viewport: { width, height: 740 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    // Engine.IO writes a broadcast that it had buffered even after a client's close; nobody reads that frame.
    if (message.text().endsWith("Data frame received after close")) return;
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  await page.getByRole("heading", { name: "mnist-page" }).waitFor();
  return { page, problems };
}

const takeSample = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: "Take sample" }).click();
  await page.getByText("100 rows", { exact: true }).waitFor();
};
const join = (page: Page) => page.getByRole("button", { name: "Join and train with my 100 rows" }).click();
const roundsTaken = (page: Page, atLeast: string) => page.getByText(new RegExp(`^${atLeast} rounds?$`)).waitFor();
const ownKey = async (page: Page): Promise<string> =>
  (
    await page
      .getByText(/^Your key/)
      .locator(".mono")
      .innerText()
  ).replaceAll(" ", "");

/** An IDX file of bytes. */
const idx = (shape: readonly number[], valueAt: (i: number) => number): Buffer => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 0x08; // unsigned bytes
  header[3] = shape.length;
  shape.forEach((size, i) => void header.writeUInt32BE(size, 4 + 4 * i));
  const length = shape.reduce((product, size) => product * size, 1);
  return Buffer.concat([header, Uint8Array.from({ length }, (_, i) => valueAt(i))]);
};

describe("the page, in a real browser under the coordinator's content security policy", () => {
  it("shows the run without one complaint of the browser", async () => {
    const { page, problems } = await openPage();
    await page.getByText("Live").waitFor();
    await page.getByText("Your data").waitFor();
    expect(await page.getByText(shared.run.coordinator.fingerprint).count()).toBe(1);
    expect(problems).toEqual([]);
  });

  it("does not scroll sideways at 360 px, with rows taken and a digit tried", async () => {
    const { page } = await openPage({ width: 360 });
    await takeSample(page);
    await page.getByRole("button", { name: "Use my row" }).click();
    await page.getByText(/model[\s\S]*says\s+\d/).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  it("answers a drawn digit with probabilities that sum to one", async () => {
    const { page } = await openPage();
    const pad = page.getByLabel("Drawing area for a digit");
    await pad.scrollIntoViewIfNeeded();
    const box = await pad.boundingBox();
    if (box === null) throw new Error("no drawing area");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.8, { steps: 8 });
    await page.mouse.up();
    await page.getByText(/model[\s\S]*says\s+\d/).waitFor();
    const shares = await page
      .getByRole("list", { name: "Probability of each class" })
      .locator(".value")
      .allInnerTexts();
    const total = shares.reduce((sum, share) => sum + Number.parseFloat(share), 0);
    expect(shares).toHaveLength(10);
    expect(Math.abs(total - 100)).toBeLessThan(0.6); // ten roundings of at most 0.05 each
  });

  it("explains what is wrong with a file, and which rows it left out", async () => {
    const { page } = await openPage();
    await page.getByLabel("My own file").check();
    const input = page.locator("input[type=file]");
    const csv = (text: string) => ({ name: "mine.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await input.setInputFiles(csv("label,a,b\n1,2,3\n"));
    await page.getByText("The model takes 784 numbers a row; these rows have 2.").waitFor();
    const row = (label: string) => [label, ...new Array<number>(784).fill(7)].join(",");
    const header = ["label", ...Array.from({ length: 784 }, (_, i) => `p${i}`)].join(",");
    await input.setInputFiles(csv([header, row("3"), row("ten"), row("4")].join("\n")));
    await page.getByText("2 rows", { exact: true }).waitFor();
    await page.getByText("1 row left out").click();
    await page.getByText(/Row 2: "label" expected one of/).waitFor();
  });

  it("takes a pair of IDX files, one of them packed, and trains on them", async () => {
    const own = await startPageRun();
    onTestFinished(() => own.dispose());
    const { page, problems } = await openPage({ url: own.url });
    await page.getByLabel("My own file").check();
    const input = page.locator("input[type=file]");
    const images = { name: "train-images-idx3-ubyte", mimeType: "", buffer: idx([20, 28, 28], (i) => i % 251) };
    const labels = idx([20], (i) => i % 10);
    await input.setInputFiles(images);
    await page.getByText("Expected one CSV file, or two IDX files together").waitFor();
    // Labels first: the order in which a person picks them does not matter.
    await input.setInputFiles([{ name: "labels.gz", mimeType: "application/gzip", buffer: gzipSync(labels) }, images]);
    await page.getByText("20 rows", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Join and train with my 20 rows" }).click();
    await roundsTaken(page, "[1-9]\\d*");
    expect(problems).toEqual([]);
  });

  it("takes a packed CSV file, and says what is wrong with one that is cut short", async () => {
    const { page } = await openPage();
    await page.getByLabel("My own file").check();
    const input = page.locator("input[type=file]");
    const row = (label: number) => [label, ...new Array<number>(784).fill(9)].join(",");
    const packed = gzipSync([row(1), row(2), row(3)].join("\n"));
    const file = (buffer: Buffer) => ({ name: "mine.csv.gz", mimeType: "application/gzip", buffer });
    await input.setInputFiles(file(packed.subarray(0, packed.length - 20)));
    await page.getByText("mine.csv.gz cannot be unpacked: it is cut short or damaged.").waitFor();
    await input.setInputFiles(file(packed));
    await page.getByText("3 rows", { exact: true }).waitFor();
    await page.getByText("its first column was taken as the label").waitFor();
  });

  it("joins by keyboard alone, pauses and leaves", async () => {
    const { page } = await openPage();
    const tabTo = async (name: string): Promise<void> => {
      for (let presses = 0; presses < 60; presses++) {
        const text = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
        if (text === name) return;
        await page.keyboard.press("Tab");
      }
      throw new Error(`the tab key never reached "${name}"`);
    };
    await tabTo("Take sample");
    await page.keyboard.press("Enter");
    await page.getByText("100 rows", { exact: true }).waitFor();
    await tabTo("Join and train with my 100 rows");
    await page.keyboard.press("Enter");
    await roundsTaken(page, "[1-9]\\d*");
    await tabTo("Pause");
    await page.keyboard.press("Space");
    await page.getByText("Paused. Nothing is trained or sent").waitFor();
    await tabTo("Leave");
    await page.keyboard.press("Enter");
    await page.getByText("You left the run. Nothing is trained or sent").waitFor();
  });

  it("keeps its key across visits, and forgets it when asked to", async () => {
    const { page } = await openPage();
    const visit = async (): Promise<string> => {
      await takeSample(page);
      await join(page);
      await roundsTaken(page, "[1-9]\\d*");
      return ownKey(page);
    };
    const first = await visit();
    await page.reload();
    expect(await visit()).toBe(first);
    await page.getByRole("button", { name: "Forget me …" }).click();
    await page.getByRole("button", { name: "Forget me", exact: true }).click();
    await page.getByText("Your key and your receipts are gone from this browser.").waitFor();
    expect(await visit()).not.toBe(first);
  });

  it("keeps the last known picture while the coordinator is away, and says so", async () => {
    const own = await startPageRun();
    onTestFinished(() => own.dispose());
    const { page } = await openPage({ url: own.url });
    await page.getByText("Live").waitFor();
    await own.closeAndRead();
    await page.getByText("Reconnecting").waitFor();
    await page.getByText("What you see is the last that was known.").waitFor();
    expect(await page.getByRole("heading", { name: "mnist-page" }).isVisible()).toBe(true);
  });

  it("says what plain http weakens, and still takes part", async () => {
    const own = await startPageRun();
    onTestFinished(() => own.dispose());
    const { page } = await openPage({ url: own.url.replace("127.0.0.1", PLAIN_HTTP_HOST) });
    expect(await page.evaluate(() => globalThis.isSecureContext)).toBe(false);
    await page.getByText("This page came without encryption").waitFor();
    await takeSample(page);
    await join(page);
    await roundsTaken(page, "[1-9]\\d*");
    await page.getByText("scripts of this page could copy it").waitFor();
  });

  it("trains in a worker and gets its signed update into the journal", async () => {
    const own = await startPageRun();
    onTestFinished(() => own.dispose());
    const { page, problems } = await openPage({ url: own.url });
    await takeSample(page);
    const worker = page.waitForEvent("worker");
    await join(page);
    expect((await worker).url()).toContain("trainingWorker");
    await roundsTaken(page, "([2-9]|\\d\\d)");
    const key = await ownKey(page);
    await page.getByRole("button", { name: "Leave" }).click();
    await page.getByText("You left the run.").first().waitFor();
    expect(problems).toEqual([]);

    const events = await own.closeAndRead();
    const mine = events.flatMap(({ event }) =>
      event.kind === "update-accepted" && event.clientId.startsWith(key) ? [event] : [],
    );
    expect(mine.length).toBeGreaterThanOrEqual(2);
    for (const { clientId, header, signature, weight } of mine) {
      const headerBytes = Buffer.from(header, "base64");
      expect(nodeVerify(fromHex(clientId), headerBytes, Buffer.from(signature, "base64"))).toBe(true);
      expect(parseUpdateHeader(headerBytes).numParams).toBe(199_210);
      expect(weight).toBe(100);
    }
  });
});
