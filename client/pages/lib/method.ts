import type { RunFacts } from "headwater";

/** What each strategy of a plan is called. */
const STRATEGY_WORDS: Readonly<Record<string, string>> = {
  fedavg: "federated averaging",
  fedsgd: "federated gradient descent (FedSGD)",
  fedavgm: "federated averaging with server momentum (FedAvgM)",
  fedadagrad: "federated averaging with an adaptive server (FedAdagrad)",
  fedadam: "federated averaging with an adaptive server (FedAdam)",
  fedyogi: "federated averaging with an adaptive server (FedYogi)",
  scaffold: "federated averaging with control variates (SCAFFOLD)",
  fednova: "normalised averaging (FedNova)",
  feddyn: "dynamic regularisation (FedDyn)",
  qfedavg: "averaging in which high losses count more (q-FedAvg)",
  afl: "averaging for the clients that fare worst (AFL)",
  ifca: "several models, of which each device trains the one that fits (IFCA)",
  fedbuff: "asynchronous averaging in groups (FedBuff)",
  fedasync: "asynchronous averaging (FedAsync)",
  hierarchical: "averaging over edges",
};

/** What each robust rule, and each step before one, is called. */
const AGGREGATION_WORDS: Readonly<Record<string, string>> = {
  median: "median",
  "trimmed-mean": "trimmed mean",
  krum: "Krum",
  "multi-krum": "Multi-Krum",
  bulyan: "Bulyan",
  "geometric-median": "geometric median",
  "centred-clipping": "centred clipping",
  "norm-bound": "norm bound",
  arc: "adaptive clipping (ARC)",
  nnm: "nearest-neighbour mixing",
  fltrust: "FLTrust",
  flame: "FLAME",
};

/** What devices do besides plain training, by the kind of a client's half. */
const HALF_WORDS: Readonly<Record<string, string>> = {
  fedprox: "FedProx",
  fedrep: "FedRep",
  ditto: "Ditto",
  moon: "MOON",
};

/** How updates become the next model: "federated averaging with FedProx, robust by nearest-neighbour mixing, then trimmed mean". */
export function methodWords(run: Pick<RunFacts, "strategy" | "aggregation" | "clientHalf">): string {
  const { strategy, aggregation, clientHalf } = run;
  const half = clientHalf === undefined ? "" : ` with ${HALF_WORDS[clientHalf] ?? clientHalf}`;
  const plain = `${STRATEGY_WORDS[strategy] ?? strategy}${half}`;
  if (aggregation === "mean") return plain;
  const steps = aggregation.split(", ").map((kind) => AGGREGATION_WORDS[kind] ?? kind);
  return `${plain}, robust by ${steps.join(", then ")}`;
}
