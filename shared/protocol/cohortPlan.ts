import * as v from "valibot";
import { MAX_KBPS } from "./deviceFacts.ts";
import { finite, integer } from "./fields.ts";
import { LIMITS } from "./limits.ts";

const fraction = finite(0, 1);

/** Whom a round asks among those who may be asked. Each kind is described in server/rounds/cohort. */
const samplerSchema = v.variant("kind", [
  /** Every cohort of the wanted size is equally likely. */
  v.strictObject({ kind: v.literal("uniform") }),
  /** In proportion to the examples that a client says it has, capped at `maxWeight`. */
  v.strictObject({ kind: v.literal("weighted") }),
  /** Those who were asked least often; ties at random. */
  v.strictObject({ kind: v.literal("round-robin") }),
  /** The highest last known loss among so many candidates; Cho et al. 2020, arXiv:2010.01243. */
  v.strictObject({ kind: v.literal("power-of-choice"), candidates: integer(1, 1_000_000) }),
  /** Lai et al. 2021, Algorithm 1, arXiv:2010.06081. */
  v.strictObject({
    kind: v.literal("oort"),
    /** Share of a cohort that goes to clients not tried yet in round 0, 0..1; 0.9 when absent. */
    exploration: v.exactOptional(fraction),
    /** What that share is multiplied with each round, 0..1; 0.98 when absent. */
    explorationDecay: v.exactOptional(fraction),
    /** The share never falls below this, 0..1; 0.2 when absent. */
    minExploration: v.exactOptional(fraction),
    /** Clients that answer later than this lose utility; nobody does when absent. */
    preferredDurationMs: v.exactOptional(integer(1, LIMITS.maxDeadlineMs)),
    /** Exponent of that loss, 0..10; 2 when absent. */
    durationPenalty: v.exactOptional(finite(0, 10)),
  }),
]);

/** What a device must be to be asked, as far as its client can tell; a rule that is absent or false asks nothing. */
const eligibilitySchema = v.strictObject({
  charging: v.exactOptional(v.boolean()),
  idle: v.exactOptional(v.boolean()),
  unmetered: v.exactOptional(v.boolean()),
  /** Browsers never report more than 10,000. */
  minBandwidthKbps: v.exactOptional(integer(1, MAX_KBPS)),
  /** Examples that the client says it could train on. */
  minExamples: v.exactOptional(integer(1, LIMITS.maxExamples)),
  /** A client that cannot tell what a rule asks is not eligible ("refuse", also when absent), or is ("allow"). */
  unknown: v.exactOptional(v.picklist(["refuse", "allow"])),
});

/** Who is asked, and how many answers a round needs. */
export const cohortFields = v.strictObject({
  /** Goal: updates that close a round, 1..4000. */
  size: integer(1, LIMITS.maxUpdatesPerCommit),
  /** Selected ÷ goal, 1..10: how many more are asked than needed. */
  overSelection: finite(1, 10),
  /** Fewest updates that may be aggregated when the deadline comes, 1..size. */
  quorum: integer(1, LIMITS.maxUpdatesPerCommit),
  /** Uniform when absent. */
  sampler: v.exactOptional(samplerSchema),
  /** Everybody is eligible when absent. */
  eligibility: v.exactOptional(eligibilitySchema),
  /** How often one client may take part; as often as it is picked when absent. */
  pacing: v.exactOptional(
    v.strictObject({
      /** From the end of a round that a client answered until it may be asked again, milliseconds, up to 30 days. */
      minIntervalMs: integer(1, 30 * 24 * 60 * 60 * 1000),
    }),
  ),
});

/** The plan's `cohort`. */
export const cohortPlanSchema = v.pipe(
  cohortFields,
  v.check((cohort) => cohort.quorum <= cohort.size, '"quorum" must not exceed "size"'),
);

export type CohortPlan = v.InferOutput<typeof cohortPlanSchema>;
export type SamplerPlan = v.InferOutput<typeof samplerSchema>;
export type Eligibility = v.InferOutput<typeof eligibilitySchema>;
