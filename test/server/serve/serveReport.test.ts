import type { NetworkInterfaceInfo } from "node:os";
import { expect, it } from "vitest";
import { networkHost } from "../../../server/serve/networkHost.ts";
import { jsonServeReport, type StartFacts, textServeReport } from "../../../server/serve/serveReport.ts";
import type { Coordinator } from "../../../server/startCoordinator.ts";

const LAN = [
  { family: "IPv4", internal: true, address: "127.0.0.1" },
  { family: "IPv6", internal: false, address: "fe80::1" },
  { family: "IPv4", internal: false, address: "192.168.1.4" },
] as NetworkInterfaceInfo[];

it.each([
  ["0.0.0.0", "192.168.1.4"],
  ["::", "192.168.1.4"],
  ["10.0.0.7", "10.0.0.7"],
  ["fl.example.org", "fl.example.org"],
  ["127.0.0.1", undefined],
  ["127.0.0.2", undefined],
  ["::1", undefined],
  ["localhost", undefined],
])("calls a machine that listens on %s by %s from its network", (host, expected) => {
  expect(networkHost(host, { lan: LAN })).toBe(expected);
});

/** What a report says of a coordinator behind a proxy at https://example.org/fl. */
async function started(report: typeof textServeReport, network: string | undefined): Promise<string> {
  let text = "";
  const facts = { directory: "data", numDemoClients: 0, joinData: "mnist", command: "npm start", network };
  const run = {
    name: "mine",
    model: "tiny",
    numParams: 10,
    numRounds: 3,
    aggregation: "mean",
    identity: "open",
    privacy: "none",
  };
  const coordinator = {
    url: "https://example.org/fl",
    localUrl: "http://10.0.0.7:8080",
    port: 8080,
    status: () => ({ run, live: { version: 0, round: 0 } }),
  };
  await report((part) => {
    text += part;
  }).started(coordinator as unknown as Coordinator, facts satisfies StartFacts);
  return text;
}

it("says who may take part, how updates count and who sees them", async () => {
  const text = await started(textServeReport, undefined);
  expect(text).toContain("  Identity  open: one person can take part under many keys");
  expect(text).toContain("  Updates   mean: a hostile client moves it as far as an update may go");
  expect(text).toContain("  Privacy   none: the coordinator sees each update by itself");
  const modes = { identity: "open", aggregation: "mean", privacy: "none" };
  expect(JSON.parse(await started(jsonServeReport, undefined))).toMatchObject(modes);
});

it("gives the network an address of the port itself, whatever the public one is", async () => {
  const text = await started(textServeReport, "10.0.0.7");
  expect(text).toContain("  Page      https://example.org/fl ");
  expect(text).toContain("  Network   http://10.0.0.7:8080 ");
  expect(await started(textServeReport, "2001:db8::7")).toContain("  Network   http://[2001:db8::7]:8080 ");
  expect(await started(textServeReport, undefined)).toContain("  Network   only this machine");
});

it("names a network to programs only where other machines reach it", async () => {
  expect(JSON.parse(await started(jsonServeReport, "10.0.0.7"))).toMatchObject({ network: "10.0.0.7" });
  expect(JSON.parse(await started(jsonServeReport, undefined))).not.toHaveProperty("network");
});
