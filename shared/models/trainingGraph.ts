import { assertPositiveInteger } from "../base/assert.ts";
import { createGraph } from "../graph/createGraph.ts";
import { gradients } from "../graph/gradients/gradients.ts";
import { advanceRandom, input, reduceMean, reduceSum } from "../graph/ops.ts";
import type { Graph, Tensor, Update } from "../graph/tensor.ts";
import { evaluateContext } from "../nn/applyContext.ts";
import { optimizeParams } from "../optim/optimizeParams.ts";
import type { LocalPlan } from "../train/localPlan.ts";
import { clippedGradients } from "./clippedGradients.ts";
import { loopSquaredNorms } from "./exampleLoop.ts";
import type { Model } from "./model.ts";
import { penalise } from "./penalties.ts";
import { createTrainContext } from "./trainContext.ts";

/**
 * One local step on one batch: forward, gradients of the mean loss (clipped for each example if the plan says so) and of the
 * penalties, optimizer.
 *
 * Inputs, in this order: params in spec order ("params.<entry>"); optimizer state, all slots of one kind together in
 * spec order ("state.<slot>.<entry>"), "state.step" f32 [] if the rate depends on it; "x" f32 [batch, ...inputShape], already preprocessed; "targets" as the loss says,
 * unless it takes none; "random" i32 [3] if a layer draws; the optimizer's scalars f32 [] ("hyper.<name>"); the received
 * params ("anchor.<entry>", trainable ones) if the plan has a proximal term.
 * Output: the sum of the batch's losses, f32 []. Updates: params, then state, statistics, "random".
 * @throws RangeError if the plan clips examples and the model mixes them.
 */
export function buildTrainingGraph(model: Model, plan: LocalPlan, batchSize: number): Graph {
  const { spec, loss } = model;
  const { penalties = {}, perExampleClipNorm: clipNorm } = plan;
  const { params, x, targets } = modelInputs(model, batchSize);
  const trainable = spec.entries.flatMap((entry, i) =>
    entry.kind === "trainable" ? [{ ...entry, param: params[i]! }] : [],
  );
  const hasAnchor = (penalties.proximal ?? 0) > 0;
  const anchors = hasAnchor ? trainable.map(({ name, shape }) => input(`anchor.${name}`, shape)) : [];

  const context = createTrainContext();
  const { ctx, statistics, draws } = context;
  const losses = loss.losses(model.apply(params, x, ctx), targets, { x, ctx });
  const wrt = trainable.map(({ param }) => param);
  if (clipNorm !== undefined) assertSeparable(model, statistics);
  const grads =
    clipNorm === undefined
      ? gradients(reduceMean(losses), wrt)
      : clippedGradients({
          losses,
          params: wrt,
          leaves: targets ? [x, targets] : [x],
          clipNorm,
          loopSquaredNorms: (looped) =>
            loopSquaredNorms({ model, params, x, targets, draws, wanted: looped.map((i) => params.indexOf(wrt[i]!)) }),
        });
  const { state, hyper, updates } = optimizeParams(
    plan,
    trainable.map(({ name, param }, i) => ({
      name,
      param,
      grad: penalise(penalties, { param, grad: grads[i]!, anchor: anchors[i] }),
    })),
  );
  const drawn = context.randomState();
  return createGraph({
    inputs: [
      ...[...params, ...state, x],
      ...[targets, drawn].filter((tensor) => tensor !== undefined),
      ...hyper,
      ...anchors,
    ],
    outputs: [reduceSum(losses)],
    updates: [...updates, ...statistics, ...(drawn ? [{ target: drawn, value: advanceRandom(drawn) }] : [])],
  });
}

/** @throws RangeError if what an example adds to the update cannot be bounded. */
function assertSeparable({ loss }: Model, statistics: readonly Update[]): void {
  if (loss.mixesExamples) {
    throw new RangeError(`perExampleClipNorm expected a loss of one example, got ${loss.name}, which compares them`);
  }
  const [update] = statistics;
  if (update) {
    throw new RangeError(
      `perExampleClipNorm expected no statistics of the batch, got "${update.target.attributes.name}"; use group or layer normalisation`,
    );
  }
}

/**
 * Judges one batch. Inputs: params, "x", "targets" as in the training graph.
 * Outputs: model outputs [batch, ...outputShape], the sum of the losses [], and where the loss counts them, the examples
 * that are right [].
 */
export function buildEvaluationGraph(model: Model, batchSize: number): Graph {
  const { params, x, targets } = modelInputs(model, batchSize);
  const outputs = model.apply(params, x, evaluateContext);
  const losses = model.loss.losses(outputs, targets, { x, ctx: evaluateContext });
  const correct = model.loss.numCorrect?.(outputs, targets);
  return createGraph({
    inputs: [...params, x, ...(targets ? [targets] : [])],
    outputs: [outputs, reduceSum(losses), ...(correct ? [correct] : [])],
  });
}

/** Predicts one batch. Inputs: params and "x" as in the training graph. Output: model outputs [batch, ...outputShape]. */
export function buildForwardGraph(model: Model, batchSize: number): Graph {
  const { params, x } = modelInputs(model, batchSize);
  return createGraph({ inputs: [...params, x], outputs: [model.apply(params, x, evaluateContext)] });
}

interface ModelInputs {
  readonly params: readonly Tensor[];
  readonly x: Tensor;
  readonly targets: Tensor | undefined;
}

function modelInputs(model: Model, batchSize: number): ModelInputs {
  assertPositiveInteger("batchSize", batchSize);
  const layout = model.loss.targets(batchSize, model.outputShape);
  return {
    params: model.spec.entries.map((entry) => input(`params.${entry.name}`, entry.shape)),
    x: input("x", [batchSize, ...model.document.input.shape]),
    targets: layout && input("targets", layout.shape, layout.dtype),
  };
}
