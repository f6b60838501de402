import { describe, expect, it } from "vitest";
import { type ReadinessOptions, readiness } from "../../../server/http/readiness.ts";

interface Some {
  readonly isFinished?: boolean;
  readonly paused?: string;
  readonly readOnlyReason?: string;
}

function reasonOf(runs: readonly Some[], { isDraining = false, isDiskFull = false } = {}) {
  const hosted = runs.map(({ isFinished = false, paused, readOnlyReason }) => ({
    coordinator: { view: { isFinished, paused } },
    store: { readOnlyReason },
  }));
  return readiness({
    runs: () => hosted as unknown as ReturnType<ReadinessOptions["runs"]>,
    isDraining: () => isDraining,
    isDiskFull: () => isDiskFull,
  })();
}

const goingOn: Some = {};
const paused: Some = { paused: "by an operator" };
const over: Some = { isFinished: true };

describe("readiness", () => {
  it.each([
    ["no run", [], undefined],
    ["a run that goes on beside a paused one", [paused, goingOn], undefined],
    ["nothing but paused runs", [paused, paused], "PAUSED"],
    ["nothing that is not paused but what is over", [over, paused], "PAUSED"],
    ["nothing but runs that are over: their params are served", [over, over], undefined],
  ] as const)("of %s", (_, runs, reason) => {
    expect(reasonOf(runs)).toBe(reason);
  });

  it("names the disk before the runs that it pauses, and what lasts longest first", () => {
    const failed: Some = { readOnlyReason: "EIO" };
    expect(reasonOf([paused, goingOn], { isDiskFull: true })).toBe("DISK_FULL");
    expect(reasonOf([goingOn], { isDiskFull: true })).toBeUndefined();
    expect(reasonOf([failed, paused], { isDiskFull: true })).toBe("READ_ONLY");
    expect(reasonOf([failed], { isDraining: true })).toBe("DRAINING");
  });
});
