import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseLimits, SERVER_LIMITS } from "../../server/configuration/serverLimits.ts";
import { DEFAULT_FEED_LIMITS } from "../../server/http/eventFeed.ts";
import { HTTP_LIMITS } from "../../server/http/webServer.ts";
import { DEFAULT_MAX_TOTAL_BYTES } from "../../server/rounds/uploadMemory.ts";
import { LIMIT_NAMES } from "../../server/telemetry/limitNames.ts";
import { MAX_STRIKES } from "../../server/transport/guardedListeners.ts";
import { SOCKET_LIMITS } from "../../server/transport/hardenedSocketServer.ts";

const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
const [changeable = "", fixed = ""] = page.split("## What is fixed");

/** name -> value of a table's rows. */
function table(text: string): Record<string, number> {
  const rows = [...text.matchAll(/^\| `([a-z]+\.[A-Za-z]+)` \| (\d+) \|/gm)];
  return Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]));
}

const named = (group: string, limits: object): Record<string, number> =>
  Object.fromEntries(Object.entries(limits).map(([name, value]) => [`${group}.${name}`, value as number]));

it("names every limit that an operator can change, with its default, and no other", () => {
  expect(table(changeable)).toEqual(SERVER_LIMITS);
});

it("names every limit that is fixed, with its value, and no other", () => {
  expect(table(fixed)).toEqual({
    ...named("http", HTTP_LIMITS),
    ...named("socket", { ...SOCKET_LIMITS, maxStrikes: MAX_STRIKES }),
    ...named("feed", DEFAULT_FEED_LIMITS),
    ...named("uploads", { maxTotalBytes: DEFAULT_MAX_TOTAL_BYTES }),
  });
});

it("says under which name each is counted", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const inTables = rows.flatMap((row) =>
    [...(row.split("|")[5] ?? "").matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
  );
  const inText = [...page.matchAll(/counted as `([a-z-]+)`/g)].map(([, name]) => name);
  expect([...new Set([...inTables, ...inText])].sort()).toEqual([...LIMIT_NAMES].sort());
});

it("shows limits in forms that the coordinator takes", () => {
  const json = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const { limits } = JSON.parse(json) as { limits: Record<string, number> };
  const [variable = ""] = [...page.matchAll(/^HEADWATER_LIMIT=(\S+)/gm)].map(([, value]) => value);
  expect(parseLimits(variable ?? "")).toEqual(limits);
  const flags = [...page.matchAll(/--limit (\S+)/g)].map(([, value]) => value ?? "");
  expect(flags.reduce((before, text) => parseLimits(text, before), {})).toEqual(limits);
});
