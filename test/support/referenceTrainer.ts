import { batchOrder } from "../../shared/data/batchOrder.ts";
import { runReference } from "../../shared/engine/reference/runReference.ts";
import type { Model } from "../../shared/models/model.ts";
import { buildTrainingGraph } from "../../shared/models/trainingGraph.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalTrainer } from "../../shared/train/localTrainer.ts";

/** Local SGD (no momentum) in plain TypeScript: the obvious twin of `createLocalTrainer`, for tests of small models. */
export function createReferenceTrainer({ model, plan }: { model: Model; plan: LocalPlan }): LocalTrainer {
  const { spec, document } = model;
  const { scale, offset } = document.input;
  const { learningRate } = plan.optimizer;
  const start: LocalTrainer["start"] = ({ params, data, rows, rng }) => {
    const own = rows ?? Uint32Array.from({ length: data.numExamples }, (_, i) => i);
    const order = batchOrder(own.length, plan.epochs, rng);
    const width = data.inputs.length / data.numExamples;
    const local = Float32Array.from(params);
    const stepsPerEpoch = Math.ceil(own.length / plan.batchSize);
    const stepsTotal = stepsPerEpoch * plan.epochs;
    let stepsDone = 0;
    let lossSum = 0;
    const step = (): number => {
      const epoch = Math.floor(stepsDone / stepsPerEpoch);
      const first = epoch * own.length + (stepsDone % stepsPerEpoch) * plan.batchSize;
      const last = Math.min(first + plan.batchSize, (epoch + 1) * own.length);
      const batch = [...order.subarray(first, last)].map((at) => own[at] as number);
      const x = batch.flatMap((row) => [...data.inputs.subarray(row * width, (row + 1) * width)]);
      const feeds: Record<string, ArrayLike<number>> = {
        x: x.map((value) => value * scale + offset),
        targets: batch.map((row) => data.targets[row] as number),
        "hyper.learningRate": [learningRate],
      };
      for (const entry of spec.entries) {
        feeds[`params.${entry.name}`] = local.subarray(entry.offset, entry.offset + entry.length);
      }
      const { outputs, updates } = runReference(buildTrainingGraph(model, plan, batch.length), feeds);
      spec.entries.forEach((entry, i) => void local.set(updates[i] as Float32Array, entry.offset));
      stepsDone++;
      lossSum += outputs[0]?.[0] ?? Number.NaN;
      return (outputs[0]?.[0] ?? Number.NaN) / batch.length;
    };
    return {
      stepsTotal,
      run(maxSteps) {
        let loss = 0;
        for (let i = 0; i < maxSteps && stepsDone < stepsTotal; i++) loss = step();
        return { stepsDone, stepsTotal, loss };
      },
      finish: () => ({
        delta: local.map((value, i) => value - (params[i] as number)),
        numExamples: own.length,
        numSteps: stepsDone,
        trainLoss: lossSum / (own.length * plan.epochs),
      }),
    };
  };
  const unused = (): never => {
    throw new Error("the reference trainer only trains");
  };
  return {
    start,
    train(request) {
      const training = start(request);
      training.run(training.stepsTotal);
      return training.finish();
    },
    evaluate: unused,
    predict: unused,
  };
}
