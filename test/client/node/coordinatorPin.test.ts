import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import type { KeptReceipt } from "../../../client/core/keptReceipt.ts";
import { parseCoordinatorKey } from "../../../client/node/coordinatorPin.ts";
import { knownCoordinators } from "../../../client/node/receiptFile.ts";

describe("parseCoordinatorKey", () => {
  it("reads a key, or its first 16 digits in groups or not", () => {
    expect(parseCoordinatorKey("0123 4567 89AB cdef")).toBe("0123456789abcdef");
    expect(parseCoordinatorKey("0123456789abcdef")).toBe("0123456789abcdef");
    expect(parseCoordinatorKey("a1".repeat(32))).toBe("a1".repeat(32));
  });

  it.each([
    "",
    "0123 4567 89ab cde",
    "0123456789abcdef0",
    "a1".repeat(33),
    "0123456789abcdeg",
  ])("refuses %j", (text) => {
    expect(() => parseCoordinatorKey(text)).toThrow(InvalidArgumentError);
  });
});

describe("knownCoordinators", () => {
  it("knows a run's coordinator by the newest receipt of the run", () => {
    const receipt = (runId: string, coordinatorKey: string) => ({ runId, coordinatorKey }) as KeptReceipt;
    const receipts = [receipt("a", "1"), receipt("b", "2"), receipt("a", "3")];
    expect(knownCoordinators({ receipts, forks: [] })).toEqual({ a: "3", b: "2" });
  });
});
