import { expect, it } from "vitest";
import { createDeviceTeller } from "../../../client/core/deviceTeller.ts";
import type { CohortPlan } from "../../../shared/protocol/cohortPlan.ts";
import type { DeviceFacts } from "../../../shared/protocol/deviceFacts.ts";

const plain: CohortPlan = { size: 1, overSelection: 1, quorum: 1 };
const demanding: CohortPlan = { ...plain, eligibility: { charging: true } };

it("has nothing to tell before the plan is known, or when it asks nothing", () => {
  const teller = createDeviceTeller({ facts: () => ({ charging: true }), watch: () => () => {} });
  expect(teller.news(1, undefined)).toBeUndefined();
  expect(teller.news(1, plain)).toBeUndefined();
});

it("tells what is asked once per connection, and again when it changes", () => {
  let facts: DeviceFacts = { charging: false, idle: true };
  const teller = createDeviceTeller({ facts: () => facts, watch: () => () => {} });
  expect(teller.news(1, demanding)).toEqual({ charging: false });
  facts = { charging: false, idle: false };
  expect(teller.news(1, demanding)).toBeUndefined();
  facts = { charging: true };
  expect(teller.news(1, demanding)).toEqual({ charging: true });
  expect(teller.news(2, demanding)).toEqual({ charging: true });
});

it("says that it knows nothing, where a platform does not", () => {
  const teller = createDeviceTeller(undefined);
  expect(teller.news(1, demanding)).toEqual({});
  expect(teller.news(1, demanding)).toBeUndefined();
});
