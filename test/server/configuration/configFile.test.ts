import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { expect, it } from "vitest";
import { wholeNumber } from "../../../cli/verb/wholeNumber.ts";
import { applyConfig, parseConfig, readConfigFile } from "../../../server/configuration/configFile.ts";
import { createLiveSettings, type HotSettings, hotSettingsOf } from "../../../server/configuration/liveSettings.ts";
import { mergeLimits } from "../../../server/configuration/mergeLimits.ts";
import { reloadConfig } from "../../../server/configuration/reloadConfig.ts";
import { parseLimits } from "../../../server/configuration/serverLimits.ts";
import { withDefaults } from "../../../server/configuration/withDefaults.ts";
import { DEFAULT_TIMING } from "../../../server/rounds/run.ts";
import { DEFAULT_TRANSPORT_LIMITS } from "../../../server/transport/transportLimits.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** A verb with options of every kind, given these arguments. */
function verbWith(...args: string[]): Command {
  const verb = new Command("serve")
    .addOption(new Option("--port <n>").argParser(wholeNumber(0, 65_535)).default(8080))
    .addOption(new Option("--max-disk <mib>").argParser(wholeNumber(1)).default(4096))
    .addOption(new Option("--drain-seconds <n>").argParser(wholeNumber(0)).default(0))
    .addOption(new Option("--log-level <level>").choices(["warn", "info"]).default("warn"))
    .addOption(new Option("--allow-origin <origin...>").default([]))
    .addOption(new Option("--limit <name=value>").argParser(parseLimits).default({}))
    .addOption(new Option("--connects-per-second <n>").argParser(wholeNumber(1)).default(64))
    .addOption(new Option("--max-per-address <n>").argParser(wholeNumber(1)).default(1024))
    .addOption(new Option("--trust-proxy [proxies]").preset("true").argParser((text) => `proxies ${text}`))
    .option("--open")
    .exitOverride();
  return verb.parse(args, { from: "user" });
}

it("takes every option by its name in camel case, held to the bounds of its flag", () => {
  const json = {
    port: 9000,
    maxDisk: 10,
    logLevel: "info",
    allowOrigin: ["https://a.org", "https://b.org"],
    open: true,
    limits: { "transport.maxConnections": 5, "timing.gatherMs": 0 },
  };
  const { limits, ...others } = json;
  expect(parseConfig(json, verbWith())).toEqual({ ...others, limit: limits });
});

it.each([
  [[], "expected a JSON object of options, got a list"],
  [{ maxDisc: 1 }, '"maxDisc" is no option; did you mean "maxDisk"?'],
  [{ config: "other.json" }, '"config" is no option'],
  [{ port: 70_000 }, '"port": expected a whole number in [0, 65535], got 70000'],
  [{ open: "yes" }, '"open" expected true or false, got "yes"'],
  [{ allowOrigin: "https://a.org" }, '"allowOrigin" expected a list of texts, got "https://a.org"'],
  [{ logLevel: "loud" }, '"logLevel": Allowed choices are warn, info.'],
  [{ limits: ["x"] }, '"limits" expected an object such as { "transport.maxConnections": 5000 }'],
  [{ limits: { "transport.maxConnection": 1 } }, "did you mean transport.maxConnections?"],
  [
    { limits: { "transport.maxConnections": 0 } },
    "limit transport.maxConnections expected a whole number in [1, 9007199254740991], got 0",
  ],
])("says what is wrong with %j", (json, message) => {
  expect(() => parseConfig(json, verbWith())).toThrow(message);
});

it("takes true for an option whose value may be left out, and its value where it is given", () => {
  expect(parseConfig({ trustProxy: true }, verbWith())).toEqual({ trustProxy: "proxies true" });
  expect(parseConfig({ trustProxy: 2 }, verbWith())).toEqual({ trustProxy: "proxies 2" });
});

it("names the file", () => {
  const path = join(temporaryFolder(), "config.json");
  writeFileSync(path, "{ not json");
  expect(() => readConfigFile(path, verbWith())).toThrow(`${path}: `);
});

it("reads limits from a flag or a variable, several at once", () => {
  expect(parseLimits("transport.maxConnections=5, timing.gatherMs=0")).toEqual({
    "transport.maxConnections": 5,
    "timing.gatherMs": 0,
  });
  expect(parseLimits("timing.gatherMs=1", { "timing.gatherMs": 0, "timing.helloMs": 7 })).toEqual({
    "timing.gatherMs": 1,
    "timing.helloMs": 7,
  });
  expect(() => parseLimits("timing.gatherMs=soon")).toThrow(/^limit timing\.gatherMs expected a whole number/);
});

it("lets a flag win over the file", () => {
  const verb = verbWith("--port", "1234");
  applyConfig(verb, { port: 9000, maxDisk: 10 });
  expect(verb.opts()).toMatchObject({ port: 1234, maxDisk: 10 });
});

it("takes each limit from the flag before the variable before the file, whatever it is called there", () => {
  const [sockets, perAddress] = ["transport.maxConnections", "transport.maxConnectionsPerAddress"];
  const env = { HEADWATER_LIMIT: `${sockets}=20,timing.gatherMs=20` };
  const verb = verbWith("--limit", `${sockets}=30`, "--max-per-address", "30");
  const limits = { [sockets]: 10, "timing.gatherMs": 10, "timing.helloMs": 10, [perAddress]: 10 };
  const file = parseConfig({ limits, maxPerAddress: 5 }, verb);
  applyConfig(verb, file);
  const merged = { [sockets]: 30, "timing.gatherMs": 20, "timing.helloMs": 10, [perAddress]: 30 };
  expect(mergeLimits({ verb, env, file })).toEqual(merged);

  // In one place the limit's own name holds; what no flag and no variable says follows the file.
  const filed = verbWith();
  applyConfig(filed, file);
  expect(mergeLimits({ verb: filed, env: {}, file })).toEqual(limits);
  const rated = verbWith("--connects-per-second", "2"); // with 8 s' worth at once
  const burst = { "transport.connectsPerSecond": 2, "transport.connectBurst": 16 };
  expect(mergeLimits({ verb: rated, env: {}, file: { limit: { "transport.connectBurst": 9 } } })).toEqual(burst);

  const live = createLiveSettings({ initial: hotSettingsOf({ limit: merged }), logger: { level: "" } });
  const now = parseConfig({ limits: { [sockets]: 11, "timing.helloMs": 11, [perAddress]: 11 } }, verb);
  expect(reloadConfig({ verb, env, live, atStart: file, now }).changed).toEqual(["limit"]);
  expect(live.current.limit).toEqual({ ...merged, "timing.helloMs": 11 });
});

it("follows a changed file: hot options at once, others are named, a flag stays what it is", () => {
  const verb = verbWith("--max-disk", "7");
  const atStart = parseConfig({ port: 9000, logLevel: "info", limits: { "timing.gatherMs": 5 } }, verb);
  applyConfig(verb, atStart);
  const logger = { level: "" };
  const live = createLiveSettings({ initial: verb.opts<HotSettings>(), logger });
  const timing = withDefaults(DEFAULT_TIMING, live.timing);
  const transport = withDefaults(DEFAULT_TRANSPORT_LIMITS, live.transport);
  expect([logger.level, timing.gatherMs, timing.helloMs]).toEqual(["info", 5, DEFAULT_TIMING.helloMs]);

  const now = parseConfig(
    { port: 9001, maxDisk: 9, allowOrigin: ["https://a.org"], limits: { "transport.maxConnections": 6 } },
    verb,
  );
  expect(reloadConfig({ verb, env: {}, live, atStart, now })).toEqual({
    changed: ["logLevel", "allowOrigin", "limit"],
    needRestart: ["port"],
  });
  expect(logger.level).toBe("warn"); // no longer said: the default again
  expect(live.current.maxDisk).toBe(7);
  expect(live.allowedOrigins).toEqual(["https://a.org"]);
  expect(timing.gatherMs).toBe(DEFAULT_TIMING.gatherMs);
  expect(transport.maxConnections).toBe(6);

  expect(reloadConfig({ verb, env: {}, live, atStart, now: atStart })).toEqual({
    changed: ["logLevel", "allowOrigin", "limit"],
    needRestart: [],
  });
  expect(live.allowedOrigins).toEqual([]);
});
