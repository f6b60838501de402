import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";

/**
 * Which reverse proxies in front are believed when they say who asks (X-Forwarded-For) and for what address
 * (X-Forwarded-Host, X-Forwarded-Proto): none; one, whatever its address; so many in a row; or those of these addresses
 * and ranges ("10.0.0.0/8", "::1").
 */
export type TrustProxy = boolean | number | readonly string[];

type Request = Pick<IncomingMessage, "headers" | "socket">;

/** @throws TypeError for a number that counts no proxies, or text that is no address or range. */
export function assertTrustProxy(trust: TrustProxy): void {
  if (typeof trust === "boolean") return;
  if (typeof trust !== "number") {
    blockListOf(trust);
  } else if (!Number.isSafeInteger(trust) || trust < 0 || trust > 32) {
    throw new TypeError(`"trustProxy" expected the number of proxies in front, 0 to 32, got ${trust}`);
  }
}

/**
 * As the command line writes it: nothing after the flag (or "true"), a number of proxies, or addresses and ranges with
 * commas between. @throws TypeError.
 */
export function parseTrustProxy(text: string): TrustProxy {
  if (text === "true") return true;
  if (text === "false") return false;
  const trust = /^\d{1,2}$/.test(text) ? Number(text) : text.split(",").map((range) => range.trim());
  assertTrustProxy(trust);
  return trust;
}

/** Whether the peer of this very connection is a proxy that is believed. */
export function isFromProxy({ socket }: Request, trust: TrustProxy): boolean {
  if (typeof trust === "boolean") return trust;
  if (typeof trust === "number") return trust > 0;
  return isWithin(blockListOf(trust), socket.remoteAddress ?? "");
}

/**
 * The address that a request counts against: the nearest one that no believed proxy has. Entries further away were
 * written by whoever sent the request.
 */
export function clientAddress(request: Request, trust: TrustProxy): string {
  const peer = plainAddress(request.socket.remoteAddress ?? "unknown");
  if (!isFromProxy(request, trust)) return peer;
  const header = request.headers["x-forwarded-for"];
  const hops = (Array.isArray(header) ? header.join(",") : (header ?? ""))
    .split(",")
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => hop !== "");
  if (typeof trust === "object") {
    const ranges = blockListOf(trust);
    return hops.findLast((hop) => !isWithin(ranges, hop)) ?? hops[0] ?? peer;
  }
  const numProxies = trust === true ? 1 : Number(trust);
  return hops.at(-Math.min(numProxies, hops.length)) ?? peer;
}

/** The first value that the nearest believed proxy wrote, for instance the host that a browser asked for. */
export function forwarded(
  request: Request,
  header: "x-forwarded-host" | "x-forwarded-proto",
  trust: TrustProxy,
): string | undefined {
  if (!isFromProxy(request, trust)) return undefined;
  const value = request.headers[header];
  return (Array.isArray(value) ? value[0] : value)?.split(",")[0]?.trim().toLowerCase();
}

/** IPv4 as IPv6 writes it ("::ffff:10.0.0.1"), and "10.0.0.1:5432" as some proxies do, are that address. */
function plainAddress(text: string): string {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, "");
  if (isIP(address) !== 0) return address;
  const [, bracketed, v4] = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? [];
  return bracketed ?? v4 ?? address;
}

function isWithin(ranges: BlockList, text: string): boolean {
  const address = plainAddress(text);
  const family = isIP(address);
  return family !== 0 && ranges.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** @throws TypeError for what is no address or range. */
function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix] = range.split("/");
    const family = isIP(address);
    const bits = family === 4 ? 32 : 128;
    const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
    if (family === 0 || !isPrefix || range.split("/").length > 2) {
      throw new TypeError(`"trustProxy" expected addresses or ranges such as 10.0.0.0/8 or ::1, got ${range}`);
    }
    if (prefix === undefined) list.addAddress(address, family === 4 ? "ipv4" : "ipv6");
    else list.addSubnet(address, Number(prefix), family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
