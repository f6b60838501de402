import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { Model } from "../../../../shared/models/model.ts";
import { modelFromDocument } from "../../../../shared/models/modelFromDocument.ts";
import { personaliseModel } from "../../../../shared/models/personaliseModel.ts";
import type { StrategyPlan } from "../../../../shared/protocol/strategyPlan.ts";
import { createClientTrainer } from "../../../../shared/train/createClientTrainer.ts";
import { createLocalTrainer } from "../../../../shared/train/createLocalTrainer.ts";
import { clusteredData, expectNear, plan, request, twoLayers } from "./halfWorld.ts";

const strategy: StrategyPlan = { kind: "fedavg", client: { kind: "fedrep", headEpochs: 3 } };
const model = modelFromDocument(personaliseModel(twoLayers.document, { layers: { head: 1 } }));
const data = clusteredData(7); // one batch: its order does not matter beyond rounding

/** The params after plain steps in which only entries of one scope move. */
function walk(model: Model, from: Float32Array, steps: number, scope: "shared" | "private"): Float32Array {
  const local = createLocalTrainer({ model, plan: { ...plan, epochs: 1 } });
  let params = from;
  for (let step = 0; step < steps; step++) {
    const training = local.start({ params, data, rng: createRng("order") });
    training.run(1);
    const all = training.params();
    params = params.slice();
    for (const entry of model.spec.entries) {
      if (entry.scope !== scope) continue;
      params.set(all.subarray(entry.offset, entry.offset + entry.length), entry.offset);
    }
  }
  return params;
}

describe("fedRepHalf", () => {
  it("trains the head with the body as received, then the body with the head as it then is", () => {
    const trainer = createClientTrainer({ model, plan, strategy });
    const params = model.init(createRng("init"));
    const { delta, kept, numSteps } = trainer.train(request({ params, data }));
    const withHead = walk(model, params, 3, "private");
    const { sharedLength } = model.spec;
    expectNear(kept.get("personal")!, [...withHead.subarray(sharedLength)], 1e-6);
    const withBody = walk(model, withHead, 2, "shared");
    expectNear(
      delta,
      [...withBody.subarray(0, sharedLength)].map((value, i) => value - params[i]!),
      1e-6,
    );
    expect(numSteps).toBe(5);
    expect(delta.every((value) => value !== 0)).toBe(true);
  });

  it("refuses a model that has no head, and says how to give it one", () => {
    expect(() => createClientTrainer({ model: twoLayers, plan, strategy })).toThrow(
      /fedrep expected a model with private params .* without private ones; .*"head": 1/,
    );
  });
});
