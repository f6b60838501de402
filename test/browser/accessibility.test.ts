import { source as axeSource } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { useBrowserRun } from "../support/browserRun.ts";
import { PAGE_OPTIONS } from "../support/chromium.ts";

const shared = useBrowserRun();

/** The rules of axe-core (contrast, names, roles, structure) that the page breaks, with the first element of each. */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import("axe-core") };
    const result = await axe.run();
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

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
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Take sample" }).click();
    await page.getByRole("button", { name: "Join and train with my 100 rows" }).click();
    await page.getByText(/^[1-9]\d* rounds?$/).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await violations(page)).toEqual([]);
  });
});
