import { expect, it } from "vitest";
import { rootTrainingOf } from "../../../server/runs/rootTraining.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { clientStart } from "../../../shared/models/clientStart.ts";
import type { AggregationPlan } from "../../../shared/protocol/aggregationPlan.ts";
import { defineRunPlan } from "../../../shared/protocol/runPlan.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { clusters, tinyFedBn } from "../../simulations/support/tinyExperiment.ts";

const model = tinyFedBn();
const rootData = clusters(21, 5);
const planWith = (aggregation: AggregationPlan) =>
  defineRunPlan({ runId: "a".repeat(32), name: "root", modelHash: `sha256-${"0".repeat(64)}`, aggregation });

it("trains on root data as a client of the run that has just joined, in an order that follows from the run's id", async () => {
  const plan = planWith({ kind: "fltrust" });
  const shared = model.init(createRng(4)).slice(0, model.spec.sharedLength);
  const params = clientStart(model);
  params.set(shared);
  const trainer = createLocalTrainer({ model, plan: plan.local });
  const { delta } = trainer.train({ params, data: rootData, rng: createRng(plan.runId, "root") });
  expect(await rootTrainingOf({ model, plan, rootData }).trainOnRoot?.(shared)).toEqual(delta);
});

it("is no port where nobody asks for it, or there is no data", () => {
  expect(rootTrainingOf({ model, plan: planWith("mean"), rootData })).toEqual({});
  expect(rootTrainingOf({ model, plan: planWith({ kind: "median" }), rootData })).toEqual({});
  expect(rootTrainingOf({ model, plan: planWith({ kind: "fltrust" }), rootData: undefined })).toEqual({});
});
