import type { Eligibility } from "./cohortPlan.ts";
import type { DeviceFacts } from "./deviceFacts.ts";

/**
 * Client: of what it knows about its device, what the plan's rules ask for and no more; undefined if they ask for nothing,
 * and then nothing about the device is sent.
 */
export function askedFacts(facts: DeviceFacts, eligibility: Eligibility = {}): DeviceFacts | undefined {
  const asked: Record<keyof DeviceFacts, boolean> = {
    charging: eligibility.charging === true,
    idle: eligibility.idle === true,
    unmetered: eligibility.unmetered === true,
    downlinkKbps: eligibility.minBandwidthKbps !== undefined,
  };
  const names = (Object.keys(asked) as (keyof DeviceFacts)[]).filter((name) => asked[name]);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]));
}
