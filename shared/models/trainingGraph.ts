import { assertPositiveInteger } from "../base/assert.ts";
import { createGraph } from "../graph/createGraph.ts";
import { gradients } from "../graph/gradients/gradients.ts";
import { limitNodes } from "../graph/node.ts";
import { advanceRandom, input, reduceMean, reduceSum } from "../graph/ops.ts";
import type { Graph, Tensor, Update } from "../graph/tensor.ts";
import { evaluateContext } from "../nn/applyContext.ts";
import { optimizeParams } from "../optim/optimizeParams.ts";
import type { LocalPlan } from "../train/localPlan.ts";
import { clippedGradients } from "./clippedGradients.ts";
import { loopSquaredNorms } from "./loopSquaredNorms.ts";
import { type BatchGradients, microBatchGradients } from "./microBatchGradients.ts";
import type { Model } from "./model.ts";
import { penalise } from "./penalties.ts";
import { createTrainContext, type TrainContext } from "./trainContext.ts";

/**
 * One local step on one batch: forward, gradients of the mean loss (clipped for each example if the plan says so) and of the
 * penalties, optimizer.
 *
 * Inputs, in this order: params in spec order ("params.<entry>"); optimizer state, all slots of one kind together in
 * spec order ("state.<slot>.<entry>"), "state.step" f32 [] if the rate depends on it; "x" f32 [batch, ...inputShape],
 * already preprocessed; "targets" as the loss says, unless it takes none; "random" i32 [3] if a layer draws; the
 * optimizer's scalars f32 [] ("hyper.<name>"); the received params ("anchor.<entry>", trainable ones) if the plan has a
 * proximal term.
 * Output: the sum of the batch's losses, f32 []. Updates: params, then state, statistics, "random".
 * @throws RangeError if the plan clips examples and the model mixes them, or the graph goes beyond `GRAPH_LIMITS`.
 */
export function buildTrainingGraph(model: Model, plan: LocalPlan, batchSize: number): Graph {
  return limitNodes(() => traceTraining(model, plan, batchSize));
}

function traceTraining(model: Model, plan: LocalPlan, batchSize: number): Graph {
  const { spec } = model;
  const { penalties = {} } = plan;
  const { params, x, targets } = modelInputs(model, batchSize);
  const trainable = spec.entries.flatMap((entry, i) =>
    entry.kind === "trainable" ? [{ ...entry, param: params[i]! }] : [],
  );
  const hasAnchor = (penalties.proximal ?? 0) > 0;
  const anchors = hasAnchor ? trainable.map(({ name, shape }) => input(`anchor.${name}`, shape)) : [];

  const context = createTrainContext();
  const { lossSum, grads } = batchGradients(model, plan, { params, x, targets }, context);
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
    outputs: [lossSum],
    updates: [...updates, ...context.statistics, ...(drawn ? [{ target: drawn, value: advanceRandom(drawn) }] : [])],
  });
}

/** The gradients of the batch's mean loss, in the way that the plan asks for. */
function batchGradients(
  model: Model,
  { perExampleClipNorm: clipNorm, microBatchSize }: LocalPlan,
  { params, x, targets }: ModelInputs,
  { ctx, statistics, draws }: TrainContext,
): BatchGradients {
  const trainable = model.spec.entries.flatMap(({ kind }, i) => (kind === "trainable" ? [i] : []));
  if (microBatchSize !== undefined && microBatchSize < x.shape[0]!) {
    if (clipNorm !== undefined) {
      throw new RangeError("microBatchSize expected no perExampleClipNorm beside it; leave one of them out");
    }
    const parts = { model, params, trainable, x, targets, random: ctx.random, microBatchSize };
    assertSeparable("microBatchSize", model, statisticsOf(model, params, x));
    return microBatchGradients(parts);
  }
  const losses = model.loss.losses(model.apply(params, x, ctx), targets, { x, ctx });
  const lossSum = reduceSum(losses);
  const wrt = trainable.map((i) => params[i]!);
  if (clipNorm === undefined) return { lossSum, grads: gradients(reduceMean(losses), wrt) };
  assertSeparable("perExampleClipNorm", model, statistics);
  const grads = clippedGradients({
    losses,
    params: wrt,
    leaves: targets ? [x, targets] : [x],
    clipNorm,
    loopSquaredNorms: (looped) =>
      loopSquaredNorms({ model, params, x, targets, draws, wanted: looped.map((i) => trainable[i]!) }),
  });
  return { lossSum, grads };
}

function statisticsOf(model: Model, params: readonly Tensor[], x: Tensor): readonly Update[] {
  const probe = createTrainContext();
  model.apply(params, x, probe.ctx);
  return probe.statistics;
}

/** @throws RangeError if the examples of a batch cannot be told apart. */
function assertSeparable(label: string, { loss }: Model, statistics: readonly Update[]): void {
  if (loss.mixesExamples) {
    throw new RangeError(`${label} expected a loss of one example, got ${loss.name}, which compares them`);
  }
  const [update] = statistics;
  if (update) {
    throw new RangeError(
      `${label} expected no statistics of the batch, got "${update.target.attributes.name}"; use group or layer normalisation`,
    );
  }
}

/**
 * Judges one batch. Inputs: params, "x", "targets" as in the training graph.
 * Outputs: model outputs [batch, ...outputShape], the sum of the losses [], and where the loss counts them, the examples
 * that are right [].
 */
export function buildEvaluationGraph(model: Model, batchSize: number): Graph {
  return limitNodes(() => traceEvaluation(model, batchSize));
}

function traceEvaluation(model: Model, batchSize: number): Graph {
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
  return limitNodes(() => {
    const { params, x } = modelInputs(model, batchSize);
    return createGraph({ inputs: [...params, x], outputs: [model.apply(params, x, evaluateContext)] });
  });
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
