import { chromiumPath } from "./chromium.ts";

/** Unpacks the browser once, before test files run side by side. */
export async function setup(): Promise<void> {
  await chromiumPath();
}
