import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { basePathOf } from "../../../server/transport/mountBelow.ts";
import { isHostAllowed, isOriginAllowed } from "../../../server/transport/originPolicy.ts";
import { clientAddress, parseTrustProxy, type TrustProxy } from "../../../server/transport/trustedProxy.ts";

function request(remoteAddress: string, headers: IncomingMessage["headers"]): IncomingMessage {
  return { socket: { remoteAddress }, headers } as IncomingMessage;
}

describe("the address that a request counts against", () => {
  const chain = "6.6.6.6, 203.0.113.7, 10.0.0.2";
  it.each<[string, TrustProxy, string, string | undefined, string]>([
    ["no proxy is believed", false, "10.0.0.1", chain, "10.0.0.1"],
    ["one proxy, whatever its address", true, "10.0.0.1", chain, "10.0.0.2"],
    ["no proxies, counted", 0, "10.0.0.1", chain, "10.0.0.1"],
    ["two proxies in a row", 2, "10.0.0.1", chain, "203.0.113.7"],
    ["more proxies than the header has", 9, "10.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["proxies by their range", ["10.0.0.0/8"], "10.0.0.1", chain, "203.0.113.7"],
    ["a peer that is none of them, lying", ["10.0.0.0/8"], "192.0.2.1", chain, "192.0.2.1"],
    ["only proxies all the way", ["10.0.0.0/8"], "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["a peer as IPv6 writes IPv4", ["10.0.0.1"], "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["an IPv6 range", ["fd00::/8"], "fd00::1", "2001:db8::5", "2001:db8::5"],
    ["entries with ports", true, "10.0.0.1", "[2001:db8::5]:443", "2001:db8::5"],
    ["an entry that is no address", ["10.0.0.1"], "10.0.0.1", "unknown", "unknown"],
    ["an empty header", true, "10.0.0.1", " , ", "10.0.0.1"],
    ["no header", true, "10.0.0.1", undefined, "10.0.0.1"],
  ])("%s", (_, trust, peer, header, expected) => {
    expect(clientAddress(request(peer, header === undefined ? {} : { "x-forwarded-for": header }), trust)).toBe(
      expected,
    );
  });
});

it("reads proxies as the command line writes them", () => {
  expect(parseTrustProxy("true")).toBe(true);
  expect(parseTrustProxy("2")).toBe(2);
  expect(parseTrustProxy("10.0.0.0/8, ::1")).toEqual(["10.0.0.0/8", "::1"]);
});

it.each([
  "proxy.example",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "::1/129",
  "99",
  "",
])("refuses %s as proxies, in words", (text) => {
  expect(() => parseTrustProxy(text)).toThrow(/"trustProxy" expected/);
});

describe("behind a proxy that terminates TLS", () => {
  const through = { host: "127.0.0.1:8080", "x-forwarded-host": "example.org", "x-forwarded-proto": "https" };
  const options = { allowedOrigins: [], trustProxy: ["127.0.0.1"] } as const;

  it.each([
    ["https://example.org", true],
    ["http://example.org", false],
    ["https://example.org:8443", false],
    ["https://evil.example", false],
  ])("a page of %s: %s", (origin, allowed) => {
    expect(isOriginAllowed(request("127.0.0.1", { ...through, origin }), options)).toBe(allowed);
  });

  it("a stranger's own forwarded host counts for nothing", () => {
    const lying = { host: "example.org", "x-forwarded-host": "evil.example", origin: "https://evil.example" };
    expect(isOriginAllowed(request("192.0.2.1", lying), options)).toBe(false);
    const local = { ...options, listensOn: "127.0.0.1" };
    expect(isHostAllowed(request("127.0.0.1", { host: "anything.example" }), local)).toBe(true);
    expect(isHostAllowed(request("127.0.0.2", { host: "anything.example" }), local)).toBe(false);
  });

  it("the public address is the coordinator's own, with no header to say so", () => {
    const publicly = { allowedOrigins: [], trustProxy: false, publicUrl: "https://example.org/fl" };
    const headers = { host: "127.0.0.1:8080", origin: "https://example.org" };
    expect(isOriginAllowed(request("127.0.0.1", headers), publicly)).toBe(true);
    const named = request("127.0.0.1", { host: "example.org" });
    expect(isHostAllowed(named, { ...publicly, listensOn: "127.0.0.1" })).toBe(true);
  });
});

it("takes the path from a public address", () => {
  expect(basePathOf("https://example.org/a/fl/")).toBe("/a/fl");
  expect(basePathOf("https://example.org")).toBe("");
  for (const wrong of ["example.org/fl", "ftp://example.org", "https://example.org/fl?x=1", "https://example.org/#a"]) {
    expect(() => basePathOf(wrong)).toThrow(/"publicUrl" expected an address/);
  }
});
