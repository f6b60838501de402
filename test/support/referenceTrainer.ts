import { batchOrder } from "../../shared/data/batchOrder.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { runReference } from "../../shared/engine/reference/runReference.ts";
import { numElements } from "../../shared/graph/shape.ts";
import type { Model } from "../../shared/models/model.ts";
import { buildTrainingGraph } from "../../shared/models/trainingGraph.ts";
import { optimizerFromPlan } from "../../shared/optim/optimizerPlan.ts";
import type { LocalPlan } from "../../shared/train/localPlan.ts";
import type { LocalTrainer } from "../../shared/train/localTrainer.ts";

/** Local training in plain TypeScript: the obvious twin of `createLocalTrainer`, for tests of small models. */
export function createReferenceTrainer({ model, plan }: { model: Model; plan: LocalPlan }): LocalTrainer {
  const { spec, document } = model;
  const { scale, offset } = document.input;
  const start: LocalTrainer["start"] = ({ params, data, rows, rng }) => {
    const own = rows ?? Uint32Array.from({ length: data.numExamples }, (_, i) => i);
    const order = batchOrder(own.length, plan.epochs, rng);
    const width = data.inputs.length / data.numExamples;
    const stepsPerEpoch = Math.ceil(own.length / plan.batchSize);
    const stepsTotal = stepsPerEpoch * plan.epochs;
    let stepsDone = 0;
    let lossSum = 0;
    /** Every input of the training graph by name; updates go back into it. */
    const feeds: Record<string, ArrayLike<number>> = {};
    for (const { name, offset: first, length } of spec.entries) {
      feeds[`params.${name}`] = params.slice(first, first + length);
      feeds[`anchor.${name}`] = params.slice(first, first + length);
    }
    for (const [name, value] of Object.entries(optimizerFromPlan(plan.optimizer).hyper)) {
      feeds[`hyper.${name}`] = [value];
    }
    const localParams = (): Float32Array => {
      const local = new Float32Array(spec.length);
      for (const { name, offset: at } of spec.entries) local.set(feeds[`params.${name}`]!, at);
      return local;
    };
    const step = (): number => {
      const epoch = Math.floor(stepsDone / stepsPerEpoch);
      const first = epoch * own.length + (stepsDone % stepsPerEpoch) * plan.batchSize;
      const last = Math.min(first + plan.batchSize, (epoch + 1) * own.length);
      const batch = [...order.subarray(first, last)].map((at) => own[at] as number);
      const rowsOf = (values: Dataset["targets"], size: number): number[] =>
        batch.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]);
      const graph = buildTrainingGraph(model, plan, batch.length);
      for (const { attributes, shape } of graph.inputs) {
        const name = String(attributes.name);
        if (name === "random") feeds[name] ??= [rng.nextUint32() | 0, rng.nextUint32() | 0, 0];
        if (name.startsWith("state.")) feeds[name] ??= new Float32Array(numElements(shape));
      }
      const { outputs, updates } = runReference(graph, {
        ...feeds,
        x: rowsOf(data.inputs, width).map((value) => value * scale + offset),
        targets: rowsOf(data.targets, data.targetSize),
      });
      graph.updates.forEach(({ target }, i) => {
        feeds[String(target.attributes.name)] = updates[i]!;
      });
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
      params: localParams,
      finish() {
        const local = localParams();
        return {
          delta: local.map((value, i) => value - (params[i] as number)).subarray(0, spec.sharedLength),
          ...(spec.length > spec.sharedLength && { privateParams: local.slice(spec.sharedLength) }),
          numExamples: own.length,
          numSteps: stepsDone,
          trainLoss: lossSum / (own.length * plan.epochs),
        };
      },
    };
  };
  const unused = (): never => {
    throw new Error("the reference trainer only trains");
  };
  return {
    // Its graphs are made as the steps come.
    compile: (numExamples) => Math.ceil(numExamples / plan.batchSize) * plan.epochs,
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
