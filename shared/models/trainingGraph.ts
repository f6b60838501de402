import { assertPositiveInteger } from "../base/assert.ts";
import { createGraph } from "../graph/createGraph.ts";
import { gradients } from "../graph/gradients/gradients.ts";
import { input, reduceMean, reduceSum } from "../graph/ops.ts";
import type { Graph, Tensor, Update } from "../graph/tensor.ts";
import { type ApplyContext, evaluateContext } from "../nn/applyContext.ts";
import { sgd } from "../optim/sgd.ts";
import type { LocalPlan } from "../train/localPlan.ts";
import type { Model } from "./model.ts";

/**
 * One local step on one batch: forward, gradients of the mean loss, optimizer.
 *
 * Inputs, in this order: params in spec order ("params.<entry>"); optimizer state, all slots of one kind together in
 * spec order ("state.<slot>.<entry>"); "x" f32 [batch, ...inputShape], already preprocessed; "targets" as the loss says
 * (i32 [batch] or f32 [batch, outputSize]); the optimizer's scalars f32 [] ("hyper.<name>").
 * Output: the sum of the batch's losses, f32 []. Updates: params, then state.
 */
export function buildTrainingGraph(model: Model, plan: LocalPlan, batchSize: number): Graph {
  const { spec, loss } = model;
  const optimizer = sgd(plan.optimizer);
  const { params, x, targets } = modelInputs(model, batchSize);
  const trainable = spec.entries.flatMap((entry, i) =>
    entry.kind === "trainable" ? [{ ...entry, param: params[i]! }] : [],
  );
  const state = optimizer.slots.map((slot) =>
    trainable.map(({ name, shape }) => input(`state.${slot}.${name}`, shape)),
  );
  const hyperNames = Object.keys(optimizer.hyper);
  const hyper = Object.fromEntries(hyperNames.map((name) => [name, input(`hyper.${name}`, [])]));

  const statistics: Update[] = [];
  const losses = loss.losses(model.apply(params, x, trainContext(statistics)), targets);
  const grads = gradients(
    reduceMean(losses),
    trainable.map(({ param }) => param),
  );
  const stepped = trainable.map(({ param }, i) =>
    optimizer.step({ param, grad: grads[i]!, slots: state.map((arrays) => arrays[i]!), hyper }),
  );
  return createGraph({
    inputs: [...params, ...state.flat(), x, targets, ...hyperNames.map((name) => hyper[name]!)],
    outputs: [reduceSum(losses)],
    updates: [
      ...trainable.map(({ param }, i) => ({ target: param, value: stepped[i]!.param })),
      ...state.flatMap((arrays, slot) => arrays.map((target, i) => ({ target, value: stepped[i]!.slots[slot]! }))),
      ...statistics,
    ],
  });
}

/**
 * Judges one batch. Inputs: params, "x", "targets" as in the training graph.
 * Outputs: model outputs [batch, outputSize], the sum of the losses [], and for a classifier the correct examples [].
 */
export function buildEvaluationGraph(model: Model, batchSize: number): Graph {
  const { params, x, targets } = modelInputs(model, batchSize);
  const outputs = model.apply(params, x, evaluateContext);
  const correct = model.loss.numCorrect?.(outputs, targets);
  return createGraph({
    inputs: [...params, x, targets],
    outputs: [outputs, reduceSum(model.loss.losses(outputs, targets)), ...(correct ? [correct] : [])],
  });
}

/** Predicts one batch. Inputs: params and "x" as in the training graph. Output: model outputs [batch, outputSize]. */
export function buildForwardGraph(model: Model, batchSize: number): Graph {
  const { params, x } = modelInputs(model, batchSize);
  return createGraph({ inputs: [...params, x], outputs: [model.apply(params, x, evaluateContext)] });
}

function modelInputs(model: Model, batchSize: number): { params: readonly Tensor[]; x: Tensor; targets: Tensor } {
  assertPositiveInteger("batchSize", batchSize);
  const { shape, dtype } = model.loss.targets(batchSize, model.outputSize);
  return {
    params: model.spec.entries.map((entry) => input(`params.${entry.name}`, entry.shape)),
    x: input("x", [batchSize, ...model.document.input.shape]),
    targets: input("targets", shape, dtype),
  };
}

function trainContext(statistics: Update[]): ApplyContext {
  return {
    mode: "train",
    random() {
      throw new TypeError("this opset has no random op: a layer that draws while training cannot be traced yet");
    },
    updateStatistic: (target, value) => void statistics.push({ target, value }),
  };
}
