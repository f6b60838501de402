import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nameVariables } from "../../../cli/verb/environmentNames.ts";
import { describeTold, deviceOptions, statedDevice, statedFacts } from "../../../client/node/deviceOptions.ts";
import { deviceFactsSchema } from "../../../shared/protocol/deviceFacts.ts";

afterEach(() => vi.unstubAllEnvs());

/** What the verb `join` makes of these arguments. */
function factsOf(...args: readonly string[]) {
  const verb = new Command("join")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .option("--name <text>");
  for (const option of deviceOptions()) verb.addOption(option);
  nameVariables(verb);
  return statedFacts(verb.parse([...args], { from: "user" }).opts());
}

describe("what the owner of a machine says about it", () => {
  it("can be every fact of the protocol, by its name", () => {
    const names = deviceOptions().map((option) => option.attributeName());
    expect(names).toEqual(Object.keys(deviceFactsSchema.entries));
  });

  it("is nothing unless said, and yes, no or a number as said", () => {
    expect(factsOf("--name", "x")).toEqual({});
    expect(factsOf("--charging", "yes", "--idle", "no", "--unmetered", "no", "--downlink-kbps", "20000")).toEqual({
      charging: true,
      idle: false,
      unmetered: false,
      downlinkKbps: 20_000,
    });
  });

  it("may stand in variables, a no as well", () => {
    vi.stubEnv("HEADWATER_JOIN_UNMETERED", "yes");
    vi.stubEnv("HEADWATER_JOIN_CHARGING", "no");
    vi.stubEnv("HEADWATER_JOIN_DOWNLINK_KBPS", "5000");
    expect(factsOf()).toEqual({ charging: false, unmetered: true, downlinkKbps: 5000 });
  });

  it.each([
    ["--unmetered", "sometimes", "expected yes or no, got sometimes; leave it out if you do not know"],
    ["--downlink-kbps", "fast", "expected a whole number in [0, 100000000], got fast"],
    ["--downlink-kbps", "100000001", "expected a whole number in [0, 100000000], got 100000001"],
  ])("is refused where it is not of its form: %s %s", (flag, value, message) => {
    expect(() => factsOf(flag, value)).toThrow(message);
  });

  it("holds as long as the client runs", () => {
    const device = statedDevice({ idle: true });
    device.watch(() => expect.unreachable("it never changes"))();
    expect(device.facts()).toEqual({ idle: true });
  });

  it.each([
    [{ charging: true }, undefined, undefined],
    [{ charging: true }, { minExamples: 5 }, undefined],
    [{ charging: true, idle: true }, { charging: true }, "the run is told charging yes"],
    [{}, { unmetered: true }, "it asks what you did not say: --unmetered <yes|no>"],
    [
      { unmetered: false, downlinkKbps: 500 },
      { idle: true, unmetered: true, minBandwidthKbps: 100 },
      "the run is told unmetered no, downlinkKbps 500; it asks what you did not say: --idle <yes|no>",
    ],
  ])("is shown to the owner before it is sent: %o to a run that asks %o", (stated, rules, text) => {
    expect(describeTold(stated, rules)).toBe(text);
  });
});
