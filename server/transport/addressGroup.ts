import { isIPv6 } from "node:net";

/**
 * What counts as one network address in budgets: of IPv6 its first 64 bits, for whoever is given one address there is given
 * all that begin like it (RFC 6177), and could otherwise count as any number of strangers.
 */
export function addressGroup(address: string): string {
  const [plain = ""] = address.split("%"); // the zone of a link-local address
  if (!isIPv6(plain)) return address;
  const [head = "", tail] = plain.replace(/[\d.]+\.\d+$/, "0:0").split("::");
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const last = groupsOf(tail);
    groups.push(...Array(8 - groups.length - last.length).fill("0"), ...last);
  }
  const prefix = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
