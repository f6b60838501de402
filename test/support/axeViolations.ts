import { source as axeSource } from "axe-core";
import type { Page } from "playwright-core";

/** The rules of axe-core (contrast, names, roles, structure) that the page breaks, with the first element of each. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { readonly axe: typeof import("axe-core") };
    const result = await axe.run();
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}
