import { expect, it } from "vitest";
import { createStrategy } from "../../server/strategies/createStrategy.ts";
import { createRng } from "../../shared/base/rng.ts";
import { parseExperiment } from "../../simulations/experiment/experiment.ts";
import { planOf } from "../../simulations/experiment/planOf.ts";
import type { Happening } from "../../simulations/happening.ts";
import { createInlinePool } from "../../simulations/pool/inlinePool.ts";
import type { TrainingPool } from "../../simulations/pool/trainingPool.ts";
import { createPopulation, trainRowsOf } from "../../simulations/population.ts";
import { runRounds } from "../../simulations/runRounds.ts";
import type { Stragglers } from "../../simulations/stragglers.ts";
import { createVirtualClients } from "../../simulations/virtualClients.ts";
import { createVirtualClock } from "../../simulations/virtualClock.ts";
import { createVirtualCoordinator } from "../../simulations/virtualCoordinator.ts";
import { clusters, TINY_EXPERIMENT, tinyModel } from "./support/tinyExperiment.ts";

const CLIENTS = [0, 1, 2];
const HASH = `sha256-${"0".repeat(64)}` as const;

it("an aborted attempt of SCAFFOLD leaves the server's control variate the mean of its virtual clients'", async () => {
  const experiment = parseExperiment({
    ...TINY_EXPERIMENT,
    strategy: { kind: "scaffold", population: CLIENTS.length },
    partition: { kind: "dirichlet", clients: CLIENTS.length, alpha: 0.5, minExamples: 4 },
    cohort: { size: CLIENTS.length, quorumFraction: 1 },
    rounds: 3,
    evaluateEvery: 0,
  });
  const train = clusters(60, 1);
  const model = tinyModel();
  const { sharedLength } = model.spec;
  const population = createPopulation(experiment, train);
  const plan = planOf(experiment, { modelHash: HASH, runId: "0".repeat(32) });
  const clock = createVirtualClock<Happening>();
  const { seed, local, strategy, devices } = experiment;
  const privateParams = new Float32Array();
  const inner = createInlinePool({
    ...{ seed, plan: local, strategy, train, ...population, privateParams, metrics: [], model: model.document },
  });
  /** What each client began its last training with, which is what it ended with less the change that travels. */
  const began = new Map<number, Float32Array>();
  const pool: TrainingPool = {
    ...inner,
    submit(job) {
      inner.submit(job);
      clientOf.set(job.ticket, job.client);
    },
    async take(ticket) {
      const update = await inner.take(ticket);
      const change = update.parts.get("control") as Float32Array;
      const ended = update.kept.get("control") as Float32Array;
      began.set(
        clientOf.get(ticket) as number,
        ended.map((value, i) => value - (change[i] as number)),
      );
      return update;
    },
  };
  const clientOf = new Map<string, number>();
  /** The last client answers no first attempt. */
  let attempt = 0;
  const stragglers: Stragglers = {
    choose: (_, chosen) => {
      attempt = chosen;
    },
    epochsOf: (_, client) => (attempt === 0 && client === CLIENTS.length - 1 ? "none" : "all"),
  };
  const clients = createVirtualClients({
    run: {
      ...{ runId: plan.runId, planHash: HASH, modelHash: HASH, coordinatorKey: "" },
      ...{ numParams: sharedLength, epochs: local.epochs, maxStaleness: 0 },
    },
    devices: { ...devices, seed },
    ...{ clock, pool, stragglers },
    numExamples: (client) => trainRowsOf(population, client).length,
    paramsBytes: 8 * sharedLength,
    payloadBytes: 8 * sharedLength,
    handedWith: (ticket) => coordinator.handedWith(ticket),
    tellCoordinator: (event) => coordinator.apply(event),
  });
  const coordinator = createVirtualCoordinator({
    ...{ seed, plan, clock, clients, stragglers },
    eligible: CLIENTS.map((client) => ({ id: String(client), numExamples: trainRowsOf(population, client).length })),
    strategy: createStrategy(plan, sharedLength),
    params: model.init(createRng(seed, "init")),
    hashParams: () => HASH,
  });

  let aborted = 0;
  let server = coordinator.handed(0).handouts.get("control") as Float32Array;
  await runRounds({
    ...{ experiment, clock, clients, coordinator, metrics: [], hasTest: false },
    pool: {
      ...pool,
      settle(isCommitted) {
        pool.settle(isCommitted);
        if (!isCommitted) {
          aborted++;
          return;
        }
        for (const [i, c] of server.entries()) {
          const mean = CLIENTS.reduce((sum, client) => sum + (began.get(client)?.[i] as number), 0) / CLIENTS.length;
          expect(mean).toBeCloseTo(c, 5);
        }
        server = coordinator.handed(0).handouts.get("control") as Float32Array;
      },
    },
  });
  expect(aborted).toBe(3);
  expect(Math.max(...server.map(Math.abs))).toBeGreaterThan(0.01);
});
