import { assertPositiveInteger } from "../base/assert.ts";
import { createGraph } from "../graph/createGraph.ts";
import { gradients } from "../graph/gradients/gradients.ts";
import { limitNodes } from "../graph/node.ts";
import { add, advanceRandom, input, reduceMean, reduceSum } from "../graph/ops.ts";
import type { Graph, Tensor, Update } from "../graph/tensor.ts";
import { evaluateContext } from "../nn/applyContext.ts";
import { optimizeParams } from "../optim/optimizeParams.ts";
import type { ParamsEntry } from "../params/paramsSpec.ts";
import type { LocalPlan } from "../train/localPlan.ts";
import { clippedGradients } from "./clippedGradients.ts";
import { contrastiveLosses } from "./contrastiveLosses.ts";
import type { LocalObjective } from "./localObjective.ts";
import { loopSquaredNorms } from "./loopSquaredNorms.ts";
import { type BatchGradients, microBatchGradients } from "./microBatchGradients.ts";
import type { Model } from "./model.ts";
import { penalise } from "./penalties.ts";
import { createTrainContext, type TrainContext } from "./trainContext.ts";

/**
 * One local step on one batch: forward, gradients of the mean loss (clipped for each example if the plan says so), of the
 * penalties and of what the objective adds, optimizer.
 *
 * Inputs, in this order: params in spec order ("params.<entry>"); optimizer state, all slots of one kind together in
 * spec order ("state.<slot>.<entry>"), "state.step" f32 [] if the rate depends on it; "x" f32 [batch, ...inputShape],
 * already preprocessed; "targets" as the loss says, unless it takes none; "random" i32 [3] if a layer draws; the
 * optimizer's scalars f32 [] ("hyper.<name>"); the received params ("anchor.<entry>") if the plan has a proximal term or the
 * objective a contrastive one, which also takes the local params of the round before ("previous.<entry>"); what is added to
 * the gradients ("correction.<entry>", shared ones) if the objective is corrected.
 * Output: the sum of the batch's losses, f32 []. Updates: params, then state, statistics, "random".
 * @throws RangeError if the plan clips examples and the model mixes them, or the graph goes beyond `GRAPH_LIMITS`.
 */
export function buildTrainingGraph(
  model: Model,
  plan: LocalPlan,
  batchSize: number,
  objective: LocalObjective = {},
): Graph {
  return limitNodes(() => traceTraining(model, plan, batchSize, objective));
}

function traceTraining(model: Model, plan: LocalPlan, batchSize: number, objective: LocalObjective): Graph {
  const { penalties = {} } = plan;
  const { moves, isCorrected } = objective;
  const inputs = modelInputs(model, batchSize);
  const { params, x, targets } = inputs;
  const doesMove = ({ scope }: ParamsEntry): boolean => moves === undefined || scope === moves;
  const entries = model.spec.entries.flatMap((entry, i) =>
    entry.kind === "trainable" && doesMove(entry) ? [{ ...entry, place: i, param: params[i]! }] : [],
  );
  const beside = createBesideInputs();
  const hasAnchor = (penalties.proximal ?? 0) > 0;

  const context = createTrainContext();
  const wrt = entries.map(({ place }) => place);
  const { lossSum, grads } = batchGradients(model, plan, objective, { ...inputs, wrt, beside }, context);
  const { state, hyper, updates } = optimizeParams(
    plan,
    entries.map((entry, i) => {
      const { name, param, scope } = entry;
      const anchor = hasAnchor ? beside.of("anchor", entry) : undefined;
      const grad = penalise(penalties, { param, grad: grads[i]!, anchor });
      const isOwnCorrected = isCorrected && scope === "shared";
      return { name, param, grad: isOwnCorrected ? add(grad, beside.of("correction", entry)) : grad };
    }),
  );
  const moving = new Set(model.spec.entries.flatMap((entry, i) => (doesMove(entry) ? [params[i]!] : [])));
  const statistics = context.statistics.filter(({ target }) => moving.has(target));
  const drawn = context.randomState();
  return createGraph({
    inputs: [
      ...[...params, ...state, x],
      ...[targets, drawn].filter((tensor) => tensor !== undefined),
      ...hyper,
      ...beside.inputs,
    ],
    outputs: [lossSum],
    updates: [...updates, ...statistics, ...(drawn ? [{ target: drawn, value: advanceRandom(drawn) }] : [])],
  });
}

/** The gradients of the batch's mean loss, in the way that the plan asks for. */
function batchGradients(
  model: Model,
  { perExampleClipNorm: clipNorm, microBatchSize }: LocalPlan,
  { contrast }: LocalObjective,
  { params, x, targets, wrt: trainable, beside }: DifferentiatedInputs,
  { ctx, statistics, draws }: TrainContext,
): BatchGradients {
  if (microBatchSize !== undefined && microBatchSize < x.shape[0]!) {
    if (clipNorm !== undefined) {
      throw new RangeError("microBatchSize expected no perExampleClipNorm beside it; leave one of them out");
    }
    const parts = { model, params, trainable, x, targets, random: ctx.random, microBatchSize };
    assertSeparable("microBatchSize", model, statisticsOf(model, params, x));
    return microBatchGradients(parts);
  }
  const wrt = trainable.map((i) => params[i]!);
  const { outputs, representation } = model.applyInTwo(params, x, ctx);
  const losses = model.loss.losses(outputs, targets, { x, ctx });
  const lossSum = reduceSum(losses);
  if (contrast) {
    const terms = contrastiveLosses({ model, params, x, representation, contrast, beside: beside.of });
    return { lossSum, grads: gradients(add(reduceMean(losses), reduceMean(terms)), wrt) };
  }
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

/** Vectors that lie beside the params, entry by entry: each entry's input is made when it is first asked for. */
function createBesideInputs() {
  const inputs: Tensor[] = [];
  const known = new Map<string, Tensor>();
  return {
    inputs: inputs as readonly Tensor[],
    of(prefix: string, { name, shape }: Pick<ParamsEntry, "name" | "shape">): Tensor {
      const full = `${prefix}.${name}`;
      const tensor = known.get(full) ?? input(full, shape);
      if (!known.has(full)) inputs.push(tensor);
      known.set(full, tensor);
      return tensor;
    },
  };
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

interface DifferentiatedInputs extends ModelInputs {
  /** Places of the params that are differentiated. */
  readonly wrt: readonly number[];
  readonly beside: ReturnType<typeof createBesideInputs>;
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
