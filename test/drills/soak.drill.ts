import { loadavg } from "node:os";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { checkSoak } from "./checkSoak.ts";
import { fitSlope, type SlopeFit } from "./fitSlope.ts";
import { longestAllowedGapMs, runSoakDrill, type SoakSample } from "./soakDrill.ts";

const minutes = Number(process.env.MINUTES ?? 60);
const clients = Number(process.env.CLIENTS ?? 200);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Growth that a run of an hour or more may show, MB/h. A shorter one cannot tell it from noise, only a gross leak; one of a
 * few minutes not even that from a process that is still compiling.
 */
const [MAX_SLOPE, GROSS_SLOPE] = [1, 60];

const round = (value: number): number => Math.round(value * 100) / 100;

const rounded = ({ slope, standardError }: SlopeFit) => ({ slope: round(slope), standardError: round(standardError) });

/** The first, the one in the middle and the last. */
const ends = (values: readonly number[]) =>
  [values[0], values[values.length >> 1], values.at(-1)].map(Number).map(round);

/** Samples from one part of the time to another, 0..1. */
function between(samples: readonly SoakSample[], from: number, to: number): readonly SoakSample[] {
  return samples.slice(Math.floor(from * samples.length), Math.ceil(to * samples.length));
}

it(
  `goes on for ${minutes} min without growing (MINUTES=${minutes} CLIENTS=${clients} SEED=${seed})`,
  async () => {
    const options = { directory: temporaryFolder(), seed, clients, minutes, minRounds: 1 };
    const pace = { cohort: Math.ceil(clients / 10), minRoundMs: 3000, churnPerMinute: clients / 10 };
    const load = loadavg().map(round);
    const result = await runSoakDrill({ ...options, ...pace });
    const { samples, report, answers } = result;
    const secondHalf = between(samples, 0.5, 1);
    const rss = fitSlope(secondHalf.map(({ hours, rssMb }) => [hours, rssMb]));
    const heap = fitSlope(secondHalf.map(({ hours, heapMb }) => [hours, heapMb]));
    const descriptors = [0, 0.25, 0.5, 0.75].map((from) =>
      Math.max(...between(samples, from, from + 0.25).map((sample) => sample.descriptors)),
    );
    const { rounds, joins, leaves, thrownOut, connected } = result;
    const summary = {
      ...{ minutes, clients, seed, load, loadAfter: loadavg().map(round) },
      ...{ rounds, longestGapS: round(result.longestGapMs / 1000), distance: round(result.distance) },
      ...{ joins, leaves, thrownOut, connected, answers },
      rssMb: ends(samples.map(({ rssMb }) => rssMb)),
      rssMbPerHour: rounded(rss),
      heapMb: ends(samples.map(({ heapMb }) => heapMb)),
      heapMbPerHour: rounded(heap),
      descriptors,
      ...{ verified: report.ok, commits: report.numCommits, aborted: report.numAborted, updates: report.numUpdates },
    };
    console.log(JSON.stringify(summary));
    checkSoak(result);
    expect(result.longestGapMs).toBeLessThan(longestAllowedGapMs({ ...options, ...pace }));
    expect(descriptors[3]).toBeLessThanOrEqual((descriptors[1] as number) + 10);
    if (minutes >= 60) expect(rss.slope).toBeLessThan(MAX_SLOPE + 2 * rss.standardError);
    else if (minutes >= 5) expect(rss.slope - 3 * rss.standardError).toBeLessThan(GROSS_SLOPE);
  },
  minutes * 120_000 + 600_000,
);
