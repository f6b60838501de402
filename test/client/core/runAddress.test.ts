import { describe, expect, it } from "vitest";
import { runAddress } from "../../../client/core/runAddress.ts";

describe("the address of a run", () => {
  it.each([
    ["http://host:8080", "http://host:8080/", undefined, "http://host:8080/api/status"],
    ["https://host/fl?x#y", "https://host/fl/", undefined, "https://host/fl/api/status"],
    ["http://host/runs/mine", "http://host/", "mine", "http://host/api/runs/mine/status"],
    ["http://host/fl/runs/mine/#invitation=x", "http://host/fl/", "mine", "http://host/fl/api/runs/mine/status"],
    ["http://host/runs/a%20b", "http://host/", "a b", "http://host/api/runs/a%20b/status"],
    ["http://host/runs/", "http://host/runs/", undefined, "http://host/runs/api/status"],
  ])("reads %s", (url, coordinator, run, status) => {
    const address = runAddress(url);
    expect(address.coordinator.href).toBe(coordinator);
    expect(address.run).toBe(run);
    expect(address.api("status").href).toBe(status);
  });

  it.each(["host:8080", "ftp://host", "", "http://host/runs/%E0%A4%A"])("refuses %j, saying what it expects", (url) => {
    expect(() => runAddress(url)).toThrow(/"url" expected/);
  });
});
