import { expect, it } from "vitest";
import { type Leaving, whatLeaves } from "../../../shared/protocol/whatLeaves.ts";

const cohort = { size: 1, overSelection: 1, quorum: 1 };

it.each<[string, Parameters<typeof whatLeaves>[0], Leaving]>([
  [
    "a plain run",
    { strategy: { kind: "fedavg" }, cohort },
    { numNumbers: 10, figures: [], isJudged: false, device: [] },
  ],
  [
    "control variates",
    { strategy: { kind: "scaffold", population: 2 }, cohort },
    { numNumbers: 20, figures: [], isJudged: false, device: [] },
  ],
  [
    "held-out rows",
    { strategy: { kind: "fedavg" }, cohort, evaluation: { heldOutFraction: 0.5 } },
    { numNumbers: 10, figures: [], isJudged: true, device: [] },
  ],
  [
    "held-out rows judged by further metrics, and a choice of models",
    {
      strategy: { kind: "ifca", clusters: 2 },
      cohort,
      evaluation: { heldOutFraction: 0.5, metrics: ["accuracy"], numElements: 4 },
    },
    { numNumbers: 15, figures: [], isJudged: true, device: [] },
  ],
  [
    "a strategy with a figure of its own",
    { strategy: { kind: "qfedavg", q: 1 }, cohort },
    { numNumbers: 10, figures: ["startLoss"], isJudged: false, device: [] },
  ],
  [
    "rules for devices",
    {
      strategy: { kind: "fedavg" },
      cohort: { ...cohort, eligibility: { charging: true, minBandwidthKbps: 1, idle: false } },
    },
    { numNumbers: 10, figures: [], isJudged: false, device: ["charging", "downlinkKbps"] },
  ],
])("counts what %s sends", (_, plan, leaving) => {
  expect(whatLeaves(plan, 10)).toEqual(leaving);
});
