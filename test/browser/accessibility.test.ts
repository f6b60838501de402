import { describe, expect, it, onTestFinished } from "vitest";
import { axeViolations } from "../support/axeViolations.ts";
import { useBrowserRun } from "../support/browserRun.ts";
import { PAGE_OPTIONS } from "../support/chromium.ts";

const shared = useBrowserRun();

describe("the page breaks no rule of accessibility that can be checked", () => {
  it.each([
    ["light", 360],
    ["light", 1280],
    ["dark", 360],
    ["dark", 1280],
  ] as const)("in %s colours, %i px wide, looked at and joined", async (colorScheme, width) => {
    // Only the checker's own script needs the page's content security policy out of the way.
    const viewport = { width, height: 800 };
    const context = await shared.browser.newContext({ ...PAGE_OPTIONS, bypassCSP: true, colorScheme, viewport });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(shared.run.url);
    await page.getByText("Live").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Take sample" }).click();
    await page.getByRole("button", { name: "Join and train with my 100 rows" }).click();
    await page.getByText(/^[1-9]\d* rounds?$/).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await axeViolations(page)).toEqual([]);
  });
});
