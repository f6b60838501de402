import type { ContentHash } from "../../shared/base/hash.ts";
import { createRng, type Rng, shuffle } from "../../shared/base/rng.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import {
  type CartPoleAction,
  type CartPoleState,
  observeCartPole,
  startCartPole,
  stepCartPole,
} from "../../shared/environments/cartPole.ts";
import type { Model } from "../../shared/models/model.ts";
import type { OptimizerPlan } from "../../shared/optim/optimizerPlan.ts";
import { addScaled } from "../../shared/params/arithmetic.ts";
import { createLocalTrainer } from "../../shared/train/createLocalTrainer.ts";
import { createPredictor } from "../../shared/train/createPredictor.ts";
import { hashOf } from "./trainModel.ts";

export interface CartPoleOptions {
  /** Four observations to two logits, with the loss "policyGradient". */
  readonly model: Model;
  readonly seed: number;
  /** Batches of episodes. */
  readonly iterations: number;
  /** Decisions a step of the optimizer. */
  readonly batchSize: number;
  readonly optimizer: OptimizerPlan;
  readonly from?: Float32Array;
  /** Iterations between two evaluations over 100 fresh episodes; the last is always evaluated. 0: no other is. */
  readonly evaluateEvery: number;
  readonly signal?: AbortSignal;
  onIteration?(line: CartPoleLine): void;
}

/** One iteration, as `--json` and epochs.jsonl show it. */
export interface CartPoleLine {
  /** The iteration, from 1. */
  readonly epoch: number;
  /** Mean return of the episodes that were trained on. */
  readonly trainReturn: number;
  /** Mean return over 100 fresh episodes after the iteration. */
  readonly testReturn?: number;
  readonly seconds: number;
}

export interface CartPoleSummary {
  readonly summary: true;
  readonly epochs: number;
  readonly stopped: "epochs" | "interrupted";
  readonly testReturn: number;
  readonly seconds: number;
  readonly paramsHash: ContentHash;
}

/** What trains the policy of the zoo to 200 of 200 when nobody says otherwise. */
export const CART_POLE_RECIPE = {
  ...{ iterations: 50, batchSize: 100 },
  optimizer: { kind: "adam", learningRate: 0.003 },
} as const;

/** Episodes at once: each decision of theirs is one batch of the policy. */
const EPISODES = 20;
const EVALUATION_EPISODES = 100;
const DISCOUNT = 0.99;

/**
 * REINFORCE on the cart and pole: episodes under the current policy, then steps down the policy-gradient loss over these
 * decisions, each once. A decision's advantage is its discounted return less the mean over the batch's episodes at the same
 * time, those that ended counting 0: with one mean for all times, late decisions look bad because time runs out.
 * Source: Williams 1992, eq. 4. Actions are drawn from the policy, in training and in evaluation. The optimizer starts afresh
 * at each batch of episodes. Deviation: a batch is trained on in several steps, so all but the first are slightly off-policy.
 */
export async function trainCartPole(options: CartPoleOptions) {
  const { model, seed, iterations, batchSize, optimizer, evaluateEvery, signal } = options;
  const params = options.from?.slice() ?? model.init(createRng(seed, "init"));
  const predictor = createPredictor({ model, params });
  const trainer = createLocalTrainer({ model, plan: { epochs: 1, batchSize, optimizer } });
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const policy = (observations: Float32Array): number[] =>
    predictor.predict(observations).map(({ probabilities }) => probabilities[1]!);
  const evaluate = (): number => meanReturn(play(policy, EVALUATION_EPISODES, createRng(seed, "evaluation")));

  let testReturn = Number.NaN;
  let epoch = 0;
  while (epoch < iterations && !signal?.aborted) {
    const episodes = play(policy, EPISODES, createRng(seed, "episodes", epoch));
    const data = decisions(episodes, batchSize, createRng(seed, "decisions", epoch));
    const { delta } = trainer.train({ params, data, rng: createRng(seed, "train", epoch) });
    params.set(addScaled(params, delta, 1));
    epoch++;
    const isJudged = epoch === iterations || (evaluateEvery > 0 && epoch % evaluateEvery === 0);
    if (isJudged) testReturn = evaluate();
    options.onIteration?.({
      ...{ epoch, trainReturn: meanReturn(episodes) },
      ...(isJudged && { testReturn }),
      seconds: seconds(),
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const isDone = epoch === iterations;
  if (!isDone) testReturn = evaluate();
  const summary: CartPoleSummary = {
    ...{ summary: true, epochs: epoch, stopped: isDone ? "epochs" : "interrupted", testReturn },
    ...{ seconds: seconds(), paramsHash: hashOf(model, params) },
  };
  return { params, summary };
}

interface Decision {
  readonly observation: Float32Array;
  readonly action: CartPoleAction;
}

/** Decisions of one whole episode; each was rewarded with 1, so the return is their number. */
type Episode = readonly Decision[];

/** Plays episodes side by side; those that have ended are shown to the policy but no longer played, which keeps the batch's size. */
function play(policy: (observations: Float32Array) => number[], count: number, rng: Rng): Episode[] {
  const states: CartPoleState[] = Array.from({ length: count }, () => startCartPole(rng));
  const episodes: Decision[][] = states.map(() => []);
  const running = new Set(states.keys());
  while (running.size > 0) {
    const observations = states.map(observeCartPole);
    const toTheRight = policy(Float32Array.from(observations.flatMap((observation) => [...observation])));
    for (const i of [...running]) {
      const action = rng.nextFloat() < toTheRight[i]! ? 1 : 0;
      episodes[i]!.push({ observation: observations[i]!, action });
      const { state, isTerminal, isTruncated } = stepCartPole(states[i]!, action);
      states[i] = state;
      if (isTerminal || isTruncated) running.delete(i);
    }
  }
  return episodes;
}

function meanReturn(episodes: readonly Episode[]): number {
  return episodes.reduce((sum, { length }) => sum + length, 0) / episodes.length;
}

/**
 * Observations with [action, advantage / (its root mean square + 1)]; whole batches only, so that one program trains them all: a
 * random few are left out.
 */
function decisions(episodes: readonly Episode[], batchSize: number, rng: Rng): Dataset {
  const longest = Math.max(...episodes.map(({ length }) => length));
  const baselines = Array.from({ length: longest }, (_, t) => {
    return episodes.reduce((sum, { length }) => sum + discounted(Math.max(0, length - t)), 0) / episodes.length;
  });
  const all = episodes.flatMap((episode) =>
    episode.map((decision, t) => ({ ...decision, advantage: discounted(episode.length - t) - baselines[t]! })),
  );
  const variance = all.reduce((sum, { advantage }) => sum + advantage * advantage, 0) / all.length;
  const order = all.map((_, i) => i);
  shuffle(order, rng);
  const numExamples = Math.max(batchSize, all.length - (all.length % batchSize));
  const chosen = Array.from({ length: numExamples }, (_, i) => all[order[i % all.length]!]!);
  return {
    numExamples,
    inputShape: [4],
    inputs: Float32Array.from(chosen.flatMap(({ observation }) => [...observation])),
    targets: Float32Array.from(
      chosen.flatMap(({ action, advantage }) => [action, advantage / (Math.sqrt(variance) + 1)]),
    ),
    targetSize: 2,
  };
}

/** 1 + γ + ... over so many rewards of 1. */
function discounted(numRewards: number): number {
  let sum = 0;
  for (let i = 0; i < numRewards; i++) sum = 1 + DISCOUNT * sum;
  return sum;
}
