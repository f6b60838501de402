import type { Eligibility } from "../../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../../shared/protocol/deviceFacts.ts";

/** What a client has said about itself. */
export interface SaidFacts {
  readonly numExamples: number;
  /** Absent until it has spoken of its device at all. */
  readonly device?: DeviceFacts;
}

/** A rule that a client does not keep. */
export interface UnmetRule {
  /** For the client's person: what is asked, and what is the case. */
  readonly message: string;
  /** Whether it may change while the client is there: it then says so. */
  readonly mayChange: boolean;
}

const STATES = {
  charging: { asked: "a device that is charging", is: "on battery" },
  idle: { asked: "a device that nobody uses at the moment", is: "in use" },
  unmetered: { asked: "a network that is not paid by volume", is: "metered or saving data" },
} as const;

/**
 * The first rule of the plan that the client does not keep, undefined if it is eligible. Rules hold as far as a client can
 * tell and is honest. What it cannot tell breaks a rule unless the plan says `"unknown": "allow"`: an operator who asks for
 * charging devices would rather wait than drain a battery. Many cannot tell: of browsers only Chromium knows charging and
 * bandwidth, and only on Android and ChromeOS that a network is unmetered; Node knows what its owner says. The table of
 * server/README.md has each, so "refuse" may mean few clients.
 */
export function unmetRule(
  rules: Eligibility | undefined,
  { numExamples, device = {} }: SaidFacts,
): UnmetRule | undefined {
  if (rules === undefined) return undefined;
  const { minExamples = 0, minBandwidthKbps, unknown = "refuse" } = rules;
  if (numExamples < minExamples) {
    return { message: `this run asks for at least ${minExamples} examples; you have ${numExamples}`, mayChange: false };
  }
  for (const rule of ["charging", "idle", "unmetered"] as const) {
    const fact = device[rule];
    if (rules[rule] !== true || fact === true || (fact === undefined && unknown === "allow")) continue;
    const { asked, is } = STATES[rule];
    return { message: `this run asks for ${asked}; yours is ${fact === undefined ? UNTOLD : is}`, mayChange: true };
  }
  if (minBandwidthKbps === undefined) return undefined;
  const { downlinkKbps = unknown === "allow" ? Number.POSITIVE_INFINITY : undefined } = device;
  if (downlinkKbps !== undefined && downlinkKbps >= minBandwidthKbps) return undefined;
  const got = downlinkKbps === undefined ? UNTOLD : `about ${downlinkKbps}`;
  return { message: `this run asks for at least ${minBandwidthKbps} kbit/s; yours is ${got}`, mayChange: true };
}

const UNTOLD = "not known to your client";
