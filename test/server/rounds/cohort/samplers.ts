import type { Candidate, CohortRequest } from "../../../../server/rounds/cohort/candidate.ts";
import { createCohortSampler } from "../../../../server/rounds/cohort/cohortSampler.ts";
import {
  createParticipationHistory,
  type ParticipationHistory,
} from "../../../../server/rounds/cohort/participationHistory.ts";
import { createRng, type Rng } from "../../../../shared/base/rng.ts";
import type { SamplerPlan } from "../../../../shared/protocol/cohortPlan.ts";

/** One plan of each kind. */
export const SAMPLERS: readonly SamplerPlan[] = [
  { kind: "uniform" },
  { kind: "weighted" },
  { kind: "round-robin" },
  { kind: "power-of-choice", candidates: 12 },
  { kind: "oort", preferredDurationMs: 1000 },
];

/** Clients c00, c01, ... with so many examples each. */
export function population(numExamples: readonly number[]): Candidate[] {
  return numExamples.map((count, i) => ({ id: `c${String(i).padStart(2, "0")}`, numExamples: count }));
}

/** A history in which every client was asked in round 0 and answered with its loss; undefined never answered. */
export function historyOf(
  losses: Readonly<Record<string, number | undefined>>,
  more: { readonly weight?: number; readonly durationMs?: Readonly<Record<string, number>> } = {},
): ParticipationHistory {
  const history = createParticipationHistory();
  history.observe({ type: "asked", round: 0, clientIds: Object.keys(losses) });
  for (const [clientId, trainLoss] of Object.entries(losses)) {
    if (trainLoss === undefined) continue;
    history.observe({
      type: "answered",
      clientId,
      weight: more.weight ?? 10,
      trainLoss,
      durationMs: more.durationMs?.[clientId],
    });
  }
  return history;
}

/** Picks once; what is not given is of no matter. */
export function pick(
  sampler: SamplerPlan,
  request: Partial<CohortRequest> & { readonly eligible: readonly Candidate[]; readonly maxWeight?: number },
): readonly string[] {
  const { maxWeight = 1000, ...given } = request;
  const history = createParticipationHistory();
  return createCohortSampler({ cohort: { sampler }, maxWeight }).pick({
    size: 1,
    round: 0,
    rng: createRng("pick"),
    history,
    ...given,
  });
}

/** How often each client is picked in so many draws from one generator. */
export function countPicks(draws: number, seed: string, draw: (rng: Rng) => readonly string[]): Map<string, number> {
  const rng = createRng(seed);
  const counts = new Map<string, number>();
  for (let i = 0; i < draws; i++) for (const id of draw(rng)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
