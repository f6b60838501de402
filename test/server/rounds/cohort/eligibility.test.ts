import { describe, expect, it } from "vitest";
import { unmetRule } from "../../../../server/rounds/cohort/eligibility.ts";
import type { Eligibility } from "../../../../shared/protocol/cohortPlan.ts";

const rules: Eligibility = { charging: true, idle: true, unmetered: true, minBandwidthKbps: 5000, minExamples: 100 };
const good = {
  numExamples: 100,
  device: { charging: true, idle: true, unmetered: true, downlinkKbps: 5000 },
};

describe("a client is eligible", () => {
  it("when it keeps every rule, each at its bound", () => {
    expect(unmetRule(rules, good)).toBeUndefined();
  });

  it("whatever it says, when the plan has no rules, or only rules that ask nothing", () => {
    expect(unmetRule(undefined, { numExamples: 1 })).toBeUndefined();
    expect(unmetRule({ charging: false, idle: false, unmetered: false }, { numExamples: 1 })).toBeUndefined();
  });
});

describe("each rule broken once", () => {
  it.each([
    ["charging", { charging: false }, "this run asks for a device that is charging; yours is on battery"],
    ["idle", { idle: false }, "this run asks for a device that nobody uses at the moment; yours is in use"],
    [
      "unmetered",
      { unmetered: false },
      "this run asks for a network that is not paid by volume; yours is metered or saving data",
    ],
    ["bandwidth", { downlinkKbps: 4999 }, "this run asks for at least 5000 kbit/s; yours is about 4999"],
  ])("%s: the client is told, and that it may change", (_, change, message) => {
    expect(unmetRule(rules, { ...good, device: { ...good.device, ...change } })).toEqual({ message, mayChange: true });
  });

  it("examples: the client is told, and that it will stay so", () => {
    const message = "this run asks for at least 100 examples; you have 99";
    expect(unmetRule(rules, { ...good, numExamples: 99 })).toEqual({ message, mayChange: false });
  });
});

describe("what a client cannot tell", () => {
  const names = ["charging", "idle", "unmetered", "downlinkKbps"] as const;

  it.each(names)("%s: breaks the rule unless the plan allows the unknown", (name) => {
    const { [name]: _, ...device } = good.device;
    const said = { ...good, device };
    expect(unmetRule(rules, said)?.message).toContain("not known to your client");
    expect(unmetRule({ ...rules, unknown: "refuse" }, said)?.message).toContain("not known to your client");
    expect(unmetRule({ ...rules, unknown: "allow" }, said)).toBeUndefined();
  });

  it("is not what it denies: a known breach is refused though the unknown is allowed", () => {
    for (const device of [{ charging: false }, { idle: false }, { unmetered: false }, { downlinkKbps: 0 }]) {
      expect(unmetRule({ ...rules, unknown: "allow" }, { numExamples: 100, device })).toBeDefined();
    }
  });
});
