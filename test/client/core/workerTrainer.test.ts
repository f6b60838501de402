import { describe, expect, it } from "vitest";
import type { TrainingPlan } from "../../../client/core/trainerPort.ts";
import type { TrainingNews, TrainingOrder } from "../../../client/core/trainingMessage.ts";
import type { WorkerLink } from "../../../client/core/workerLink.ts";
import { workerTrainer } from "../../../client/core/workerTrainer.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { createLocalTrainer } from "../../../shared/train/createLocalTrainer.ts";
import { decodeEvaluation } from "../../../shared/train/evaluationPart.ts";
import type { LocalPlan } from "../../../shared/train/localPlan.ts";
import { splitHeldOut } from "../../../shared/train/splitHeldOut.ts";
import { standardMetric } from "../../../shared/train/standardMetric.ts";
import { tinyBase, tinyFedBn, tinyLora } from "../../support/privateModels.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { inProcessTrainer } from "../inProcessTrainer.ts";

const LOCAL: LocalPlan = { epochs: 2, batchSize: 2, optimizer: { kind: "sgd", learningRate: 0.1 } };
const PLAN: TrainingPlan = { runId: "0a".repeat(16), local: LOCAL, strategy: { kind: "fedavg" } };
const DATA: Dataset = {
  numExamples: 5,
  inputShape: [4],
  inputs: Float32Array.from({ length: 20 }, (_, i) => (i % 7) / 7),
  targets: Int32Array.of(0, 1, 0, 1, 1),
  targetSize: 1,
};
const model = tinyModel();
const params = encodeParams(model.spec, new Float32Array(model.spec.length).fill(0.5));
const handouts = new Map<string, Uint8Array>();
const quiet = {
  handouts,
  onProgress: () => {},
  /** A new one for each training that spreads this. */
  get signal() {
    return new AbortController().signal;
  },
};

/** Workers that record what they are told; a test answers for them. */
function scriptedWorkers() {
  const workers: {
    orders: TrainingOrder[];
    news(news: TrainingNews): void;
    die(reason: Error): void;
    ended: boolean;
  }[] = [];
  const start = (): WorkerLink<TrainingOrder, TrainingNews> => {
    const worker = {
      orders: [] as TrainingOrder[],
      news: (_: TrainingNews): void => {},
      die: (_: Error): void => {},
      ended: false,
    };
    workers.push(worker);
    return {
      post: (order) => void worker.orders.push(order),
      onNews: (listener) => {
        worker.news = listener;
      },
      onFailure: (listener) => {
        worker.die = listener;
      },
      terminate: () => {
        worker.ended = true;
      },
    };
  };
  return { workers, start };
}

describe("workerTrainer", () => {
  it("trains the same update for the same seed, and another for another", async () => {
    const trainer = inProcessTrainer(DATA);
    await trainer.prepare(model.document, PLAN);
    const train = (seed: string) => trainer.train({ params, seed, ...quiet });
    const [a, b, c] = [await train("one"), await train("one"), await train("two")];
    expect(a.delta).toEqual(b.delta);
    expect(a.delta).not.toEqual(c.delta);
    expect(a).toMatchObject({ numExamples: 5, numSteps: 6 }); // 3 batches of 5 rows, twice
  });

  it("gives personal params apart from the update, and trains on with them", async () => {
    const trainer = inProcessTrainer(DATA);
    const fedBn = tinyFedBn();
    await trainer.prepare(fedBn.document, PLAN);
    const received = encodeParams(fedBn.spec, new Float32Array(fedBn.spec.length).fill(0.5));
    const first = await trainer.train({ params: received, seed: "one", ...quiet });
    const names = ["delta", "kept", "metrics", "numExamples", "numSteps", "parts", "trainLoss"];
    expect(Object.keys(first).sort()).toEqual(names);
    expect(first.delta).toHaveLength(10);
    const kept = first.kept as Uint8Array;
    const again = await trainer.train({ params: received, seed: "two", ...quiet });
    const further = await trainer.train({ params: received, seed: "two", kept, ...quiet });
    expect(further.delta).not.toEqual(again.delta); // scale and shift begin elsewhere
    expect(further).toEqual(await trainer.train({ params: received, seed: "two", kept, ...quiet }));
  });

  it("trains adapters on the base that it was given, and refuses them without", async () => {
    const lora = tinyLora();
    const received = encodeParams(lora.spec, new Float32Array(lora.spec.length).fill(0.5));
    const trainer = inProcessTrainer(DATA, tinyBase());
    expect((await trainer.prepare(lora.document, PLAN)).numParams).toBe(6);
    const { delta, kept } = await trainer.train({ params: received, seed: "one", ...quiet });
    expect(delta).toHaveLength(6);
    expect(kept).toBeUndefined();
    await expect(inProcessTrainer(DATA).prepare(lora.document, PLAN)).rejects.toThrow("--base FILE");
  });

  it("follows the strategy: handouts come in, parts, metrics and what is kept go out, and it goes on with that", async () => {
    const scaffold = { kind: "scaffold", population: 10 } as const;
    const trainer = inProcessTrainer(DATA);
    await trainer.prepare(model.document, { ...PLAN, strategy: scaffold });
    const control = new Map([["control", encodeParams(model.spec, new Float32Array(10).fill(0.25))]]);
    const order = { params, seed: "s", ...quiet, handouts: control };
    const first = await trainer.train(order);
    expect([...first.parts.keys()]).toEqual(["control"]);
    const second = await trainer.train({ ...order, kept: first.kept as Uint8Array });
    expect(second.delta).not.toEqual(first.delta);
    await expect(trainer.train({ params, seed: "s", ...quiet })).rejects.toThrow('handout "control" expected 10');
    const clustered = inProcessTrainer(DATA);
    await clustered.prepare(model.document, { ...PLAN, strategy: { kind: "qfedavg", q: 1 } });
    expect(Object.keys((await clustered.train({ params, seed: "s", ...quiet })).metrics)).toEqual([
      "trainLoss",
      "startLoss",
    ]);
  });

  it("holds rows out and judges what it received on them where the run evaluates on its clients", async () => {
    const trainer = inProcessTrainer(DATA);
    await trainer.prepare(model.document, { ...PLAN, evaluation: { heldOutFraction: 0.4, metrics: ["accuracy"] } });
    const { metrics, parts, numExamples } = await trainer.train({ params, seed: "s", ...quiet });
    expect(numExamples).toBe(3);
    expect(metrics).toMatchObject({ evalExamples: 2 });
    const { loss, numCorrect } = createLocalTrainer({ model, plan: LOCAL }).evaluate(
      new Float32Array(model.spec.length).fill(0.5),
      DATA,
      splitHeldOut(5, 0.4, PLAN.runId).test,
    );
    expect([metrics.evalLoss, metrics.evalCorrect]).toEqual([loss, numCorrect]);
    const accuracy = standardMetric("accuracy", model);
    const [state] = decodeEvaluation([accuracy], parts.get("evaluation")!);
    expect(accuracy.finish(state!)).toBe(numCorrect! / 2);
  });

  it("says why a strategy cannot be followed, as a person would need it", async () => {
    const strategy = { kind: "fedavg", client: { kind: "fedrep", headEpochs: 1 } } as const;
    const prepared = inProcessTrainer(DATA).prepare(model.document, { ...PLAN, strategy });
    await expect(prepared).rejects.toThrow(/fedrep expected a model with private params/);
  });

  it("reports progress up to the last step", async () => {
    const trainer = inProcessTrainer(DATA);
    await trainer.prepare(model.document, PLAN);
    const steps: number[] = [];
    await trainer.train({
      params,
      handouts,
      seed: "s",
      signal: quiet.signal,
      onProgress: ({ stepsDone }) => steps.push(stepsDone),
    });
    expect(steps.at(-1)).toBe(6);
  });

  it("stops when it is told to, and can train again", async () => {
    const trainer = inProcessTrainer(DATA);
    await trainer.prepare(model.document, { ...PLAN, local: { ...LOCAL, epochs: 1000 } });
    const abort = new AbortController();
    const stopped = trainer.train({
      params,
      handouts,
      seed: "s",
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(stopped).rejects.toThrow("cancelled");
    await trainer.prepare(model.document, PLAN);
    expect((await trainer.train({ params, seed: "s", ...quiet })).numSteps).toBe(6);
  });

  it("refuses params of another model and a document that is none", async () => {
    const trainer = inProcessTrainer(DATA);
    await expect(trainer.prepare({ format: "other" }, PLAN)).rejects.toThrow("model document");
    await trainer.prepare(model.document, PLAN);
    await expect(trainer.train({ params: params.slice(1), seed: "s", ...quiet })).rejects.toThrow("params expected");
  });

  it("fails what a dying worker was doing, and starts another that is told data and model", async () => {
    const { workers, start } = scriptedWorkers();
    const trainer = workerTrainer({ data: DATA, start });
    const prepared = trainer.prepare({ any: "document" }, PLAN);
    const answer = { name: "m", numParams: 1, inputShape: [4], outputSize: 2 };
    workers[0]?.news({ type: "prepared", id: 1, model: answer });
    expect(await prepared).toEqual(answer);
    const training = trainer.train({ params, seed: "s", ...quiet });
    workers[0]?.die(new Error("out of memory"));
    await expect(training).rejects.toThrow("out of memory");
    expect(workers[0]?.ended).toBe(true);
    void trainer.train({ params, seed: "t", ...quiet }).catch(() => {});
    expect(workers[1]?.orders.map(({ type }) => type)).toEqual(["data", "prepare", "train"]);
  });

  it("does not begin the next worker with the model that the last one died of", async () => {
    const { workers, start } = scriptedWorkers();
    const trainer = workerTrainer({ data: DATA, start });
    const fatal = trainer.prepare({ name: "fatal" }, PLAN);
    workers[0]!.die(new Error("out of memory"));
    await expect(fatal).rejects.toThrow("out of memory");
    void trainer.prepare({ name: "good" }, PLAN);
    expect(workers[1]!.orders).toMatchObject([{ type: "data" }, { type: "prepare", model: { name: "good" } }]);
  });
});
