import { testRowsOf } from "../population.ts";
import { gatherClients, sumPieces } from "./judgement.ts";
import { createPersonalParams } from "./personalParams.ts";
import { createStation, numPieces } from "./station.ts";
import type { TrainingPool, TrainJob } from "./trainingPool.ts";
import type { Workload } from "./workload.ts";

/** Trains in the calling thread, each job at the moment its result is taken: one worker without the hop to a thread. */
export function createInlinePool(workload: Workload): TrainingPool {
  const { privateParams, test } = workload;
  const jobs = new Map<string, TrainJob>();
  const personal = createPersonalParams();
  let params: Float32Array = new Float32Array();
  const station = createStation(workload, () => params);

  return {
    async ready() {},
    async publish(next) {
      jobs.clear();
      if (privateParams.length === 0) {
        params = next;
        return;
      }
      if (params.length === 0) params = new Float32Array(next.length + privateParams.length);
      params.set(next);
      params.set(privateParams, next.length);
    },
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
      const { client, round } = job;
      const update = station.train({ client, round, personal: personal.of(client) });
      if (update.personal) personal.hold(ticket, client, update.personal);
      return update;
    },
    keep: personal.keep,
    release: personal.drop,
    async evaluate() {
      if (test === undefined) throw new TypeError("evaluation expected a test set, the data has none");
      const pieces = Array.from({ length: numPieces(test) }, (_, piece) => station.judgePiece(piece));
      return sumPieces(station.metrics, pieces);
    },
    async evaluateClients(clients) {
      const judging = clients.filter((client) => testRowsOf(workload, client).length > 0);
      const judged = judging.map((client) => station.judgeClient({ client, personal: personal.of(client) }));
      return gatherClients(station.metrics, judged);
    },
    async close() {},
  };
}
