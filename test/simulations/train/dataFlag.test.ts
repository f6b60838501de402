import { describe, expect, it } from "vitest";
import { parseDataFlag } from "../../../simulations/train/dataFlag.ts";

describe("a data source on the command line", () => {
  it("is a built-in name", () => {
    expect(parseDataFlag("sensors")).toBe("sensors");
  });

  it("is a kind and a path, with the kind's defaults", () => {
    expect(parseDataFlag("roles:plays/roles.jsonl.gz")).toEqual({
      roles: "plays/roles.jsonl.gz",
      length: 80,
      testFraction: 0.2,
    });
  });

  it("takes members behind commas, numbers as numbers", () => {
    expect(parseDataFlag("csv:C:/people.csv,label=income,testFraction=0.25")).toEqual({
      csv: "C:/people.csv",
      label: "income",
      testFraction: 0.25,
    });
  });

  it("is given the form that the model needs, unless it names one", () => {
    expect(parseDataFlag("mutag:M.txt", { form: "cells" })).toMatchObject({ form: "cells" });
    expect(parseDataFlag("mutag:M.txt,form=dense", { form: "cells" })).toMatchObject({ form: "dense" });
    expect(parseDataFlag("cora:c.json", { form: "cells" })).toEqual({ cora: "c.json" });
  });

  it.each([
    ["sensor", 'did you mean "sensors"?'],
    ["cora", "expected a file behind a colon: cora:PATH"],
    ["coar:c.json", 'did you mean "cora"?'],
    ["roles:r.jsonl,lenght=3", 'did you mean "length"?'],
    ["roles:r.jsonl,length=0", "whole number in [1, 4096]"],
    ["csv:people.csv", '"label" is missing'],
    ["csv:people.csv,income", "expected name=value"],
  ])("answers %s with what is right", (text, message) => {
    expect(() => parseDataFlag(text)).toThrow(message);
  });
});
