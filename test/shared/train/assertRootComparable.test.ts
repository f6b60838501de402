import { describe, expect, it } from "vitest";
import { modelFromDocument } from "../../../shared/models/modelFromDocument.ts";
import { personaliseModel } from "../../../shared/models/personaliseModel.ts";
import type { StrategyPlan } from "../../../shared/protocol/strategyPlan.ts";
import { assertRootComparable } from "../../../shared/train/assertRootComparable.ts";
import { tinyFedBn, tinyModel, tinyPrivateStatistics } from "../../simulations/support/tinyExperiment.ts";
import { tinyLora } from "../../support/privateModels.ts";

const FEDAVG = { kind: "fedavg" } as const;
const withHead = () => modelFromDocument(personaliseModel(tinyModel().document, { layers: { head: 1 } }));

describe("assertRootComparable", () => {
  it.each<readonly [string, StrategyPlan]>([
    ["a head", FEDAVG],
    ["FedRep's head", { ...FEDAVG, client: { kind: "fedrep", headEpochs: 1 } }],
  ])("refuses a model of which %s stays with each client", (_, strategy) => {
    expect(() => assertRootComparable(withHead(), strategy)).toThrow(
      'got "tiny", where "layers.2.w" stays with each client; leave out "personal" (and "fedrep"), or choose another "aggregation"',
    );
  });

  it("refuses scale and shift that stay with each client, and takes a model of which only statistics do", () => {
    expect(() => assertRootComparable(tinyFedBn(), FEDAVG)).toThrow(RangeError);
    expect(() => assertRootComparable(tinyPrivateStatistics(), FEDAVG)).not.toThrow();
    expect(() => assertRootComparable(tinyLora(), FEDAVG)).not.toThrow(); // its base is frozen: the same for everybody
  });

  it("refuses clients that go by their own last model, and takes those that the coordinator can train like", () => {
    const moon = { ...FEDAVG, client: { kind: "moon", mu: 1, temperature: 0.5 } } as const;
    expect(() => assertRootComparable(tinyModel(), moon)).toThrow('got "moon"');
    const others: readonly StrategyPlan[] = [
      FEDAVG,
      { kind: "fedsgd" },
      { ...FEDAVG, client: { kind: "fedprox", mu: 1 } },
      { ...FEDAVG, client: { kind: "ditto", lambda: 1 } },
    ];
    for (const strategy of others) expect(() => assertRootComparable(tinyModel(), strategy)).not.toThrow();
  });
});
