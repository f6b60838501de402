import { askedFacts } from "../../shared/protocol/askedFacts.ts";
import type { CohortPlan } from "../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import type { DevicePort } from "./devicePort.ts";

/** What the coordinator is told about the device: what the plan asks for, when it differs from what it was told. */
export interface DeviceTeller {
  /** News of this connection, which counts as told from now on; undefined when there are none. */
  news(connection: number, cohort: CohortPlan | undefined): DeviceFacts | undefined;
}

export function createDeviceTeller(device: DevicePort | undefined): DeviceTeller {
  let told: { readonly connection: number; readonly facts: string } | undefined;
  return {
    news(connection, cohort) {
      const asked = cohort && askedFacts(device?.facts() ?? {}, cohort.eligibility);
      if (asked === undefined) return undefined;
      const facts = JSON.stringify(asked);
      if (told?.connection === connection && told.facts === facts) return undefined;
      told = { connection, facts };
      return asked;
    },
  };
}
