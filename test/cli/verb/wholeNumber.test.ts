import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { wholeNumber } from "../../../cli/verb/wholeNumber.ts";

describe("wholeNumber", () => {
  it("takes both ends of its range", () => {
    expect([wholeNumber(2, 12)("2"), wholeNumber(2, 12)("12")]).toEqual([2, 12]);
  });

  it.each(["1", "13", "-3", "2.5", "1e1", "0x3", " 3", "", "12345678901234567"])("refuses %j", (text) => {
    expect(() => wholeNumber(2, 12)(text)).toThrow(InvalidArgumentError);
    expect(() => wholeNumber(2, 12)(text)).toThrow(`expected a whole number in [2, 12], got ${text}`);
  });

  it("names only the lower end where there is no upper one", () => {
    expect(() => wholeNumber(1)("0")).toThrow("expected a whole number >= 1, got 0");
  });
});
