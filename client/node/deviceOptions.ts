import { InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../../cli/verb/wholeNumber.ts";
import { askedFacts, askedNames } from "../../shared/protocol/askedFacts.ts";
import type { Eligibility } from "../../shared/protocol/cohortPlan.ts";
import { type DeviceFacts, MAX_KBPS } from "../../shared/protocol/deviceFacts.ts";
import type { DevicePort } from "../core/devicePort.ts";

/** Each fact and its option. A record, so that a new fact of the protocol cannot be left out. */
const FLAGS: Readonly<Record<keyof DeviceFacts, string>> = {
  charging: "--charging <yes|no>",
  idle: "--idle <yes|no>",
  unmetered: "--unmetered <yes|no>",
  downlinkKbps: "--downlink-kbps <n>",
};

/**
 * What the owner of a machine knows about it and Node cannot find out. Three states, so that silence is neither answer, and
 * a value, so that a variable can say "no".
 */
export function deviceOptions(): readonly Option[] {
  return [
    new Option(
      FLAGS.charging,
      "this machine is on mains or charging; this and the next three are unknown if left out, and sent to runs that ask",
    ).argParser(yesOrNo),
    new Option(FLAGS.idle, "nobody else uses this machine").argParser(yesOrNo),
    new Option(FLAGS.unmetered, "its network is not paid by volume").argParser(yesOrNo),
    new Option(FLAGS.downlinkKbps, "its bandwidth, kilobits per second").argParser(wholeNumber(0, MAX_KBPS)),
  ];
}

/** Of a verb's options, those that say something about the device. */
export function statedFacts({ charging, idle, unmetered, downlinkKbps }: DeviceFacts): DeviceFacts {
  return {
    ...(charging !== undefined && { charging }),
    ...(idle !== undefined && { idle }),
    ...(unmetered !== undefined && { unmetered }),
    ...(downlinkKbps !== undefined && { downlinkKbps }),
  };
}

/** A device of which is known what its owner said, until the process ends. */
export function statedDevice(facts: DeviceFacts): DevicePort {
  return { facts: () => facts, watch: () => () => {} };
}

/** For the owner: what this run is told about the device, and how to say what it asks in vain; undefined if it asks nothing. */
export function describeTold(stated: DeviceFacts, rules: Eligibility | undefined): string | undefined {
  const told = askedFacts(stated, rules);
  if (told === undefined) return undefined;
  const asked = askedNames(rules);
  const said = asked.filter((name) => told[name] !== undefined).map((name) => `${name} ${inWords(told[name])}`);
  const unsaid = asked.filter((name) => told[name] === undefined).map((name) => FLAGS[name]);
  return [
    ...(said.length > 0 ? [`the run is told ${said.join(", ")}`] : []),
    ...(unsaid.length > 0 ? [`it asks what you did not say: ${unsaid.join(", ")}`] : []),
  ].join("; ");
}

const inWords = (fact: boolean | number | undefined): string =>
  typeof fact === "boolean" ? (fact ? "yes" : "no") : String(fact);

function yesOrNo(text: string): boolean {
  if (text === "yes" || text === "no") return text === "yes";
  throw new InvalidArgumentError(`expected yes or no, got ${text}; leave it out if you do not know`);
}
