import * as v from "valibot";
import { finite, integer } from "./fields.ts";

const learningRate = v.pipe(finite(0, 1000), v.gtValue(0));
const beta = v.pipe(finite(0, 1), v.ltValue(1));
/** Clients that could ever be asked: what a cohort is a share of. */
const population = integer(1, 10_000_000);

/** Learning rate and moments of an adaptive server optimizer; Reddi et al. 2021, Algorithm 2, arXiv:2003.00295. */
const adaptive = {
  learningRate,
  /** Decay of the first moment; when absent 0.9, and 0 with FedAdagrad. */
  beta1: v.exactOptional(beta),
  /** Degree of adaptivity, 0.001 when absent. */
  tau: v.exactOptional(v.pipe(finite(0, 1), v.gtValue(0))),
};

/**
 * What clients do besides plain local training. It goes with every strategy whose server only takes a step along the
 * aggregated delta: FedAvg, FedAvgM, FedAdagrad, FedAdam, FedYogi.
 */
const clientHalfSchema = v.variant("kind", [
  /** FedProx: mu/2 · ‖w - received w‖² in the local objective; Li et al. 2020, arXiv:1812.06127. */
  v.strictObject({ kind: v.literal("fedprox"), mu: v.pipe(finite(0, 1000), v.gtValue(0)) }),
  /** FedRep: `headEpochs` on the private params alone, then the plan's epochs on the shared ones; Collins et al. 2021, arXiv:2102.07078. */
  v.strictObject({ kind: v.literal("fedrep"), headEpochs: integer(1, 1000) }),
  /** Ditto: a personal model beside the shared one, held near it by lambda; Li et al. 2021, arXiv:2012.04221. */
  v.strictObject({
    kind: v.literal("ditto"),
    lambda: finite(0, 1000),
    /** Passes of the personal model over the data; the plan's when absent. */
    epochs: v.exactOptional(integer(1, 1000)),
  }),
  /** MOON: model-contrastive loss with factor mu and temperature; Li et al. 2021, arXiv:2103.16257. */
  v.strictObject({
    kind: v.literal("moon"),
    mu: finite(0, 1000),
    temperature: v.pipe(finite(0, 100), v.gtValue(0)),
  }),
]);
const client = v.exactOptional(clientHalfSchema);

/**
 * How deltas become new params, and what clients do for it. A kind whose name is all it needs has no other member. Names
 * of papers stand for their defaults; PROTOCOL.md lists what each hands out and asks for.
 */
export const strategyPlanSchema = v.variant("kind", [
  /** The weighted mean is added to the params; McMahan et al. 2017, arXiv:1602.05629. */
  v.strictObject({ kind: v.literal("fedavg"), client }),
  /** With server momentum; Hsu et al. 2019, arXiv:1909.06335. */
  v.strictObject({ kind: v.literal("fedavgm"), learningRate: v.exactOptional(learningRate), momentum: beta, client }),
  v.strictObject({ kind: v.literal("fedadagrad"), ...adaptive, client }),
  v.strictObject({ kind: v.literal("fedadam"), ...adaptive, beta2: v.exactOptional(beta), client }),
  v.strictObject({ kind: v.literal("fedyogi"), ...adaptive, beta2: v.exactOptional(beta), client }),
  /** One step of gradient descent per round, on all data of each client: the local plan must say one epoch. */
  v.strictObject({ kind: v.literal("fedsgd") }),
  /** Control variates against client drift; Karimireddy et al. 2020, arXiv:1910.06378. */
  v.strictObject({
    kind: v.literal("scaffold"),
    population,
    /** Of the server's step, 1 when absent. */
    learningRate: v.exactOptional(learningRate),
    /** Bound on every |element| of a control variate's change, 1000 when absent. */
    maxAbsControl: v.exactOptional(v.pipe(finite(0, 1_000_000), v.gtValue(0))),
  }),
  /** Deltas normalised by the local steps behind them; Wang et al. 2020, arXiv:2007.07481. */
  v.strictObject({ kind: v.literal("fednova") }),
  /** Dynamic regularisation; Acar et al. 2021, arXiv:2111.04263. */
  v.strictObject({ kind: v.literal("feddyn"), alpha: v.pipe(finite(0, 1000), v.gtValue(0)), population }),
  /** Clients with a higher loss count more, by its power q; Li et al. 2020, arXiv:1905.10497. */
  v.strictObject({ kind: v.literal("qfedavg"), q: finite(0, 100) }),
  /** Agnostic: the mixture of clients that does worst counts; Mohri et al. 2019, arXiv:1902.00146. */
  v.strictObject({ kind: v.literal("afl"), learningRate, population }),
  /** Each client picks, trains and moves the one of several models that fits it; Ghosh et al. 2020, arXiv:2006.04088. */
  v.strictObject({ kind: v.literal("ifca"), clusters: integer(2, 8) }),
  /** Asynchronous with a buffer of the cohort's size, weighted by staleness; Nguyen et al. 2022, arXiv:2106.06639. */
  v.strictObject({
    kind: v.literal("fedbuff"),
    learningRate: v.exactOptional(learningRate),
    /** Members that work at the same time; at least the buffer. */
    concurrency: integer(1, 4000),
  }),
  /** Asynchronous, one update a commit, mixed in by alpha · (1 + staleness)^-exponent; Xie et al. 2019, arXiv:1903.03934. */
  v.strictObject({
    kind: v.literal("fedasync"),
    alpha: v.pipe(finite(0, 1), v.gtValue(0)),
    /** 0.5 when absent; 0 mixes in old updates as fresh ones. */
    exponent: v.exactOptional(finite(0, 10)),
    concurrency: integer(1, 4000),
  }),
  /** Edges average their own clients, and every so many rounds each other; Liu et al. 2020, arXiv:1905.06641. */
  v.strictObject({ kind: v.literal("hierarchical"), edges: integer(2, 1000), edgeRounds: integer(1, 1000) }),
]);

export type StrategyPlan = v.InferOutput<typeof strategyPlanSchema>;
export type ClientHalfPlan = v.InferOutput<typeof clientHalfSchema>;
