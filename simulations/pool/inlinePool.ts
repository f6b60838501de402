import { testRowsOf } from "../population.ts";
import { gatherClients, sumPieces } from "./judgement.ts";
import { createKeptVectors } from "./keptVectors.ts";
import { createStation, numPieces } from "./station.ts";
import type { TrainingPool, TrainJob } from "./trainingPool.ts";
import type { Workload } from "./workload.ts";

/** Trains in the calling thread, each job at the moment its result is taken: one worker without the hop to a thread. */
export function createInlinePool(workload: Workload): TrainingPool {
  const { test } = workload;
  const jobs = new Map<string, TrainJob>();
  const kept = createKeptVectors(workload.strategy);
  const station = createStation(workload);

  return {
    async ready() {},
    submit(job) {
      jobs.set(job.ticket, job);
    },
    cancel(ticket) {
      jobs.delete(ticket);
    },
    take(ticket) {
      const job = jobs.get(ticket);
      if (job === undefined) throw new TypeError(`"ticket" expected a submitted job, got ${ticket}`);
      jobs.delete(ticket);
      const { client, round, handed, epochs } = job;
      const update = station.train({ client, round, epochs, ...handed, kept: kept.of(client) });
      kept.hold(ticket, client, update.kept);
      return update;
    },
    keep: kept.keep,
    settle: kept.settle,
    release: kept.drop,
    async evaluate(params) {
      if (test === undefined) throw new TypeError("evaluation expected a test set, the data has none");
      const pieces = Array.from({ length: numPieces(test) }, (_, piece) => station.judgePiece(params, piece));
      return sumPieces(station.metrics, pieces);
    },
    async evaluateClients(clients) {
      const judging = clients.filter(({ client }) => testRowsOf(workload, client).length > 0);
      const judged = judging.map(({ client, handed }) =>
        station.judgeClient({ client, ...handed, kept: kept.of(client) }),
      );
      return gatherClients(station.metrics, judged);
    },
    async close() {},
  };
}
