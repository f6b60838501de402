import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../shared/base/canonicalJson.ts";
import { askedFacts } from "../../../shared/protocol/askedFacts.ts";
import { cohortPlanSchema } from "../../../shared/protocol/cohortPlan.ts";

const plain = { size: 10, overSelection: 1.3, quorum: 5 };
const isValid = (change: object): boolean => v.safeParse(cohortPlanSchema, { ...plain, ...change }).success;

describe("the cohort of a plan", () => {
  it("stays what it was, byte for byte, when it uses nothing new", () => {
    expect(canonicalJson(v.parse(cohortPlanSchema, plain))).toBe('{"overSelection":1.3,"quorum":5,"size":10}');
  });

  it.each([
    { sampler: { kind: "uniform" } },
    { sampler: { kind: "weighted" } },
    { sampler: { kind: "round-robin" } },
    { sampler: { kind: "power-of-choice", candidates: 1 } },
    { sampler: { kind: "oort" } },
    {
      sampler: {
        kind: "oort",
        exploration: 1,
        explorationDecay: 0,
        minExploration: 0,
        preferredDurationMs: 1,
        durationPenalty: 10,
      },
    },
    { eligibility: {} },
    {
      eligibility: {
        charging: true,
        idle: false,
        unmetered: true,
        minBandwidthKbps: 1,
        minExamples: 1,
        unknown: "allow",
      },
    },
    { pacing: { minIntervalMs: 2_592_000_000 } },
  ])("takes %o", (change) => {
    expect(v.parse(cohortPlanSchema, { ...plain, ...change })).toEqual({ ...plain, ...change });
  });

  it.each([
    { quorum: 11 },
    { sampler: "uniform" },
    { sampler: {} },
    { sampler: { kind: "best" } },
    { sampler: { kind: "uniform", seed: 1 } },
    { sampler: { kind: "power-of-choice" } },
    { sampler: { kind: "power-of-choice", candidates: 0 } },
    { sampler: { kind: "power-of-choice", candidates: 1.5 } },
    { sampler: { kind: "power-of-choice", candidates: 1_000_001 } },
    { sampler: { kind: "oort", exploration: 1.01 } },
    { sampler: { kind: "oort", explorationDecay: -0.1 } },
    { sampler: { kind: "oort", minExploration: Number.NaN } },
    { sampler: { kind: "oort", preferredDurationMs: 0 } },
    { sampler: { kind: "oort", durationPenalty: 11 } },
    { eligibility: { charging: "yes" } },
    { eligibility: { idle: 1 } },
    { eligibility: { unmetered: null } },
    { eligibility: { minBandwidthKbps: 0 } },
    { eligibility: { minExamples: 0 } },
    { eligibility: { unknown: "maybe" } },
    { eligibility: { moon: "full" } },
    { pacing: {} },
    { pacing: { minIntervalMs: 0 } },
    { pacing: { minIntervalMs: 2_592_000_001 } },
    { sampler: undefined },
  ])("refuses %o", (change) => {
    expect(isValid(change)).toBe(false);
  });
});

describe("what a client tells of its device", () => {
  const facts = { charging: true, idle: false, unmetered: true, downlinkKbps: 9000 };

  it("is nothing at all where no rule asks for it", () => {
    expect(askedFacts(facts)).toBeUndefined();
    expect(askedFacts(facts, { minExamples: 5, unknown: "allow", charging: false })).toBeUndefined();
  });

  it("is what the rules ask for, no more, as far as it is known", () => {
    expect(askedFacts(facts, { charging: true })).toEqual({ charging: true });
    expect(askedFacts(facts, { idle: true, minBandwidthKbps: 1 })).toEqual({ idle: false, downlinkKbps: 9000 });
    expect(askedFacts({ idle: true }, { charging: true, unmetered: true })).toEqual({});
  });
});
