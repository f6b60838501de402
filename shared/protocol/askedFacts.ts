import type { Eligibility } from "./cohortPlan.ts";
import type { DeviceFacts } from "./deviceFacts.ts";

/** What the plan's rules ask about a client's device. */
export function askedNames(eligibility: Eligibility = {}): readonly (keyof DeviceFacts)[] {
  const asked: Record<keyof DeviceFacts, boolean> = {
    charging: eligibility.charging === true,
    idle: eligibility.idle === true,
    unmetered: eligibility.unmetered === true,
    downlinkKbps: eligibility.minBandwidthKbps !== undefined,
  };
  return (Object.keys(asked) as (keyof DeviceFacts)[]).filter((name) => asked[name]);
}

/**
 * Client: of what it knows about its device, what the plan's rules ask for and no more; undefined if they ask for nothing,
 * and then nothing about the device is sent.
 */
export function askedFacts(facts: DeviceFacts, eligibility?: Eligibility): DeviceFacts | undefined {
  const names = askedNames(eligibility);
  if (names.length === 0) return undefined;
  return Object.fromEntries(names.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]));
}
