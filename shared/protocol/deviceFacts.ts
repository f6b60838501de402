import * as v from "valibot";
import { integer } from "./fields.ts";
import { type Parser, parserOf } from "./parseWith.ts";

/** Kilobits per second that a rule may ask for, or a client may claim: 100 Gbit/s. */
export const MAX_KBPS = 100_000_000;

/**
 * client -> coordinator, event `device`, and a member of `hello`: what the client's platform can tell about the device.
 * A member that is absent is unknown. A hint that nobody signs: it decides who is asked, never what is believed. What was
 * said before is replaced as a whole.
 */
export const deviceFactsSchema = v.strictObject({
  /** On mains, or its battery is being charged. */
  charging: v.exactOptional(v.boolean()),
  /** Nobody uses it at the moment. */
  idle: v.exactOptional(v.boolean()),
  /** Its network is not paid by volume and its owner did not ask to save data. */
  unmetered: v.exactOptional(v.boolean()),
  /** Estimated bandwidth towards the device, kilobits per second. */
  downlinkKbps: v.exactOptional(integer(0, MAX_KBPS)),
});

export type DeviceFacts = v.InferOutput<typeof deviceFactsSchema>;

/** @throws ProtocolError MALFORMED. */
export const parseDeviceFacts: Parser<DeviceFacts> = parserOf("device", deviceFactsSchema);
