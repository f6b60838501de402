import { expect, it } from "vitest";
import { createRun } from "../../../server/openRun.ts";
import { paramsFormatOf } from "../../../server/runs/paramsFormatOf.ts";
import { rootTrainingOf } from "../../../server/runs/rootTraining.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";
import { clientStart } from "../../../shared/models/clientStart.ts";
import type { AggregationPlan } from "../../../shared/protocol/aggregationPlan.ts";
import { defineRunPlan } from "../../../shared/protocol/runPlan.ts";
import { createClientTrainer } from "../../../shared/train/createClientTrainer.ts";
import { clusters, tinyFedBn, tinyPrivateStatistics } from "../../simulations/support/tinyExperiment.ts";

const model = tinyPrivateStatistics();
const rootData = clusters(21, 5);
const strategy = { kind: "fedavg", client: { kind: "fedprox", mu: 9 } } as const;
const planWith = (aggregation: AggregationPlan) =>
  defineRunPlan({ runId: "a".repeat(32), name: "root", modelHash: `sha256-${"0".repeat(64)}`, strategy, aggregation });

it("trains on root data as a client of the run that has just joined, in an order that follows from the run's id", async () => {
  const plan = planWith({ kind: "fltrust" });
  const shared = model.init(createRng(4)).slice(0, model.spec.sharedLength);
  const params = clientStart(model);
  params.set(shared);
  const trainer = createClientTrainer({ model, plan: plan.local, strategy });
  const nothing = { handouts: new Map(), kept: new Map() };
  const { delta } = trainer.train({ ...nothing, params, data: rootData, rng: createRng(plan.runId, "root") });
  expect(await rootTrainingOf({ model, plan, rootData }).trainOnRoot?.(shared)).toEqual(delta);
});

it("is no port where nobody asks for it, or there is no data", () => {
  expect(rootTrainingOf({ model, plan: planWith("mean"), rootData })).toEqual({});
  expect(rootTrainingOf({ model, plan: planWith({ kind: "median" }), rootData })).toEqual({});
  expect(rootTrainingOf({ model, plan: planWith({ kind: "fltrust" }), rootData: undefined })).toEqual({});
});

it("keeps a run from beginning whose clients the coordinator could not train like", async () => {
  const store = createMemoryStore();
  const begin = (aggregation: AggregationPlan) =>
    createRun({
      ...{ store, model: tinyFedBn(), random: webRandom, sha256: nodeSha256, paramsFormatOf },
      coordinatorKey: new Uint8Array(32),
      plan: { name: "root", aggregation },
    });
  await expect(begin({ kind: "fltrust" })).rejects.toThrow("stays with each client");
  expect(store.head).toBeUndefined();
  await begin({ kind: "median" });
});
