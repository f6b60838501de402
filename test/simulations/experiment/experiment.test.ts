import { describe, expect, it } from "vitest";
import { cohortSize, parseExperiment } from "../../../simulations/experiment/experiment.ts";
import { builtInExperiments, loadExperiment } from "../../../simulations/experiment/loadExperiment.ts";
import { planOf } from "../../../simulations/experiment/planOf.ts";
import { setPath } from "../../../simulations/experiment/setPath.ts";
import { UsageError } from "../../../simulations/experiment/usageError.ts";

const VALID = {
  name: "small",
  data: { source: "mnist" },
  partition: { kind: "iid", clients: 100 },
  model: "2nn",
  cohort: { fraction: 0.1 },
  local: { epochs: 1, batchSize: 10, optimizer: { kind: "sgd", learningRate: 0.1 } },
  rounds: 5,
} as const;

describe("parseExperiment", () => {
  it("fills every default in, and takes its own output again unchanged", () => {
    const experiment = parseExperiment(VALID);
    expect(experiment).toMatchObject({ seed: 1, evaluateEvery: 1, strategy: { kind: "fedavg" } });
    expect(parseExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual(experiment);
  });

  it("hands the sampler of its cohorts to the plan", () => {
    const sampler = { kind: "power-of-choice", candidates: 30 };
    const experiment = parseExperiment({ ...VALID, cohort: { fraction: 0.1, sampler } });
    const plan = planOf(experiment, { modelHash: `sha256-${"0".repeat(64)}`, runId: "0".repeat(32) });
    expect(plan.cohort).toEqual({ size: 10, overSelection: 1, quorum: 10, sampler });
  });

  it("hands the rule that a virtual client can keep to the plan", () => {
    const experiment = parseExperiment({ ...VALID, cohort: { fraction: 0.1, eligibility: { minExamples: 30 } } });
    const plan = planOf(experiment, { modelHash: `sha256-${"0".repeat(64)}`, runId: "0".repeat(32) });
    expect(plan.cohort.eligibility).toEqual({ minExamples: 30 });
  });

  it.each([
    ["a mistyped key", { ...VALID, cohrt: {} }, '"cohrt" is not known here; did you mean "cohort"?'],
    [
      "a mistyped key inside",
      { ...VALID, cohort: { fracton: 0.1 } },
      '"cohort.fracton" is not known here; did you mean "fraction"?',
    ],
    [
      "a key of another kind",
      { ...VALID, partition: { kind: "iid", clients: 3, alpha: 1 } },
      'known are "kind", "clients"',
    ],
    ["a mistyped kind", { ...VALID, partition: { kind: "shard", clients: 3 } }, 'got "shard"; did you mean "shards"?'],
    [
      "a fraction beyond 1",
      { ...VALID, cohort: { fraction: 2 } },
      '"cohort.fraction" expected a number in (0, 1], got 2',
    ],
    [
      "half a client",
      { ...VALID, partition: { kind: "iid", clients: 3.5 } },
      "a whole number in [1, 10000000], got 3.5",
    ],
    ["a missing member", { ...VALID, rounds: undefined }, '"rounds"'],
    ["fraction and size at once", { ...VALID, cohort: { fraction: 0.1, size: 3 } }, 'expected "fraction" or "size"'],
    ["an unknown metric", { ...VALID, stop: { testAcuracy: 0.9 } }, 'did you mean "testAccuracy"?'],
    ["an unknown data set", { ...VALID, data: { source: "mnits" } }, 'did you mean "mnist"?'],
    ["a CSV without a label", { ...VALID, data: { source: { csv: "x.csv", labl: "y" } } }, 'did you mean "label"?'],
    ["a list", [], '"name" is missing'],
    [
      "a rule about devices",
      { ...VALID, cohort: { fraction: 0.1, eligibility: { charging: true } } },
      '"cohort.eligibility.charging" expected "minExamples" alone: virtual clients cannot tell of a battery',
    ],
    ["pacing", { ...VALID, cohort: { fraction: 0.1, pacing: { minIntervalMs: 1 } } }, '"cohort.pacing" is not known'],
    ["FLTrust without root data", { ...VALID, aggregation: { kind: "fltrust" } }, '"data.root" is missing'],
    [
      "root data that no rule asks for",
      { ...VALID, data: { source: "mnist", root: 100 }, aggregation: { kind: "median" } },
      '"data.root" expected nothing: the aggregation "fltrust" alone',
    ],
    [
      "root data of nothing",
      { ...VALID, data: { source: "mnist", root: 0 }, aggregation: { kind: "fltrust" } },
      '"data.root" expected a whole number in [1, 10000000], got 0',
    ],
  ])("answers %s with what is wrong", (_, json, message) => {
    expect(() => parseExperiment(json)).toThrow(UsageError);
    expect(() => parseExperiment(json)).toThrow(message);
  });

  it("names every wrong field at once", () => {
    const wrong = { ...VALID, rounds: 0, seed: -1 };
    expect(() => parseExperiment(wrong)).toThrow(/"seed"[\s\S]*"rounds"/);
  });
});

describe("cohortSize", () => {
  it("rounds a fraction of the clients, at least one", () => {
    const of = (cohort: object, clients = 100): number =>
      cohortSize(parseExperiment({ ...VALID, partition: { kind: "iid", clients }, cohort }));
    expect(of({ fraction: 0.1 })).toBe(10);
    expect(of({ fraction: 0.25 }, 10)).toBe(3); // 2.5 rounds up
    expect(of({ fraction: 0.001 })).toBe(1);
    expect(of({ size: 7 })).toBe(7);
    expect(() => of({ size: 101 })).toThrow("<= 100");
  });
});

describe("planOf", () => {
  it("gives the plan that a coordinator would run, with its defaults", () => {
    const plan = planOf(parseExperiment({ ...VALID, cohort: { size: 4, overSelection: 1.5, quorumFraction: 0.5 } }), {
      modelHash: `sha256-${"a".repeat(64)}`,
      runId: "b".repeat(32),
    });
    expect(plan).toMatchObject({ cohort: { size: 4, overSelection: 1.5, quorum: 2 }, local: VALID.local, rounds: 5 });
  });
});

describe("setPath", () => {
  it("changes one member and leaves the original alone", () => {
    const original = { a: { b: 1 }, c: 2 };
    expect(setPath(original, "a.b=0.5")).toEqual({ a: { b: 0.5 }, c: 2 });
    expect(setPath(original, "a.d.e=[1,2]")).toEqual({ a: { b: 1, d: { e: [1, 2] } }, c: 2 });
    expect(setPath(original, "c=softmax-regression")).toEqual({ a: { b: 1 }, c: "softmax-regression" });
    expect(setPath(original, 'c="0.5"')).toEqual({ a: { b: 1 }, c: "0.5" });
    expect(original).toEqual({ a: { b: 1 }, c: 2 });
  });

  it.each(["a", "=1", "a..b=1", "c.x=1", "__proto__.x=1"])("refuses %s", (assignment) => {
    expect(() => setPath({ a: {}, c: 2 }, assignment)).toThrow(UsageError);
  });
});

describe("the committed experiments", () => {
  it.each(builtInExperiments())("%s is valid and loads by its name", (name) => {
    expect(loadExperiment(name).name).toBe(name);
  });

  it("are named when a name is not known", () => {
    expect(() => loadExperiment("mnist-2nn-idd")).toThrow('did you mean "mnist-2nn-iid"?');
  });

  it("blame the file, and take changes before they are checked", () => {
    expect(loadExperiment("mnist-2nn-iid", ["seed=9", "local.epochs=5"])).toMatchObject({
      seed: 9,
      local: { epochs: 5 },
    });
    expect(() => loadExperiment("mnist-2nn-iid", ["local.epoch=5"])).toThrow(
      /mnist-2nn-iid\.json.*did you mean "epochs"\?/,
    );
  });
});
