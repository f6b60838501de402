import { existsSync } from "node:fs";
import { type Browser, chromium as playwright } from "playwright-core";

/** The packaged default arguments turn site isolation off and run one process; a real page deserves a real browser. */
const ARGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const DEBIAN = "/usr/bin/chromium";

/**
 * Path of a Chromium: CHROMIUM_PATH, the system's, or the one inside the npm package, which is unpacked to the temporary
 * folder first. Two processes must not unpack at once (one would start a half-written file), so the global set-up calls
 * this before any test file runs.
 */
export async function chromiumPath(): Promise<string> {
  const { CHROMIUM_PATH } = process.env;
  if (CHROMIUM_PATH) return CHROMIUM_PATH;
  if (existsSync(DEBIAN)) return DEBIAN;
  // Makes the package unpack its own NSS libraries too, which slim images do not have.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs20.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  return packaged.executablePath();
}

/** Resolves to this machine, and is no secure context over http as 127.0.0.1 is: like a phone on the local network. */
export const PLAIN_HTTP_HOST = "coordinator.test";

/** A headless Chromium; the caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const args = [...ARGS, `--host-resolver-rules=MAP ${PLAIN_HTTP_HOST} 127.0.0.1`];
  return playwright.launch({ executablePath: await chromiumPath(), args });
}

/** What every page of a test is opened with: without a locale, headless Chromium reports one that Intl refuses. */
export const PAGE_OPTIONS = { locale: "en-US", timezoneId: "UTC" } as const;
