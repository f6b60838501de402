import { networkInterfaces } from "node:os";
import { isLoopbackName } from "../transport/originPolicy.ts";

/** Addresses that stand for all of a machine's. */
const EVERY_ADDRESS = ["0.0.0.0", "::"];

/**
 * How other machines on the network call one that listens on `host`: by that name or address, or by the first IPv4 address
 * that is not its own. Undefined if none of them can.
 */
export function networkHost(host: string, interfaces = networkInterfaces()): string | undefined {
  if (isLoopbackName(host)) return undefined;
  if (!EVERY_ADDRESS.includes(host)) return host;
  return Object.values(interfaces)
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address;
}
