import type { SingleBar } from "cli-progress";
import { progressBar } from "./progressBar.ts";
import type { RoundLine, SummaryLine } from "./roundLine.ts";

interface ProgressFacts {
  readonly name: string;
  readonly model: string;
  readonly numParams: number;
  /** Those that travel. */
  readonly numShared: number;
  readonly clients: number;
  readonly cohort: number;
  readonly workers: number;
  readonly seed: number;
  readonly rounds: number;
}

/** What a person watches while a simulation runs. */
export interface ProgressView {
  start(facts: ProgressFacts): void;
  round(line: RoundLine): void;
  stop(): void;
}

/**
 * A heading and a progress bar on a terminal; elsewhere the heading and one plain line a round. All of it goes to
 * `stream` (standard error), so that standard output is data alone.
 */
export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  let bar: SingleBar | undefined;
  let rounds = 0;
  let updates = 0;
  let seconds = 0;

  return {
    start(facts) {
      rounds = facts.rounds;
      stream.write(`\n  ${heading(facts)}\n`);
      bar = progressBar(stream, "  round {value}/{total}  {bar}  {state}   {speed} clients/s   ETA {left}");
      bar?.start(rounds, 0, { state: "starting", speed: "-", left: "-" });
    },
    round(line) {
      updates += line.accepted;
      seconds += line.seconds;
      const speed = seconds > 0 ? Math.round(updates / seconds) : 0;
      const left = durationText((seconds / (line.round + 1)) * (rounds - line.round - 1));
      if (bar) bar.update(line.round + 1, { state: stateText(line), speed, left });
      else stream.write(`  round ${line.round + 1}/${rounds}  ${stateText(line)}   ${speed} clients/s\n`);
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}

/** The summary for people: how it ended, how long it took, what it would have sent, where the results lie. */
export function summaryText(summary: SummaryLine, stop: Readonly<Record<string, number>>, out?: string): string {
  const { rounds, stopped, testAccuracy, testLoss, clientTestAccuracy } = summary;
  const { seconds, clientRoundsPerSecond, paramsHash } = summary;
  const targets = Object.entries(stop).map(([name, target]) => `${name} ${target}`);
  const how = {
    target: `target reached (${targets.join(" or ")})`,
    rounds: targets.length > 0 ? `target not reached (${targets.join(" or ")})` : "done",
    interrupted: "interrupted",
  }[stopped];
  const quality = [
    ...(testAccuracy === undefined ? [] : [`test accuracy ${percent(testAccuracy)}`]),
    ...(testLoss === undefined ? [] : [`test loss ${testLoss.toFixed(4)}`]),
    ...(clientTestAccuracy === undefined ? [] : [`clients' own test accuracy ${percent(clientTestAccuracy)}`]),
  ];
  return [
    `  ${how} after ${rounds} rounds${quality.length > 0 ? `: ${quality.join(", ")}` : ""}`,
    `  ${seconds.toFixed(1)} s, ${Math.round(clientRoundsPerSecond)} clients/s; clients would send ${megabytes(summary.uplinkBytes)} and fetch ${megabytes(summary.downlinkBytes)}`,
    `  params ${paramsHash}`,
    ...(out === undefined ? [] : [`  results in ${out}`]),
    "",
  ].join("\n");
}

function heading({ name, model, numParams, numShared, clients, cohort, workers, seed }: ProgressFacts): string {
  const travelling = numShared === numParams ? "" : `, ${numShared.toLocaleString("en-US")} of them travel`;
  const params = `${numParams.toLocaleString("en-US")} params${travelling}`;
  const people = `${clients.toLocaleString("en-US")} clients, ${cohort} a round`;
  return [name, `${model}, ${params}`, people, `${workers} worker${workers === 1 ? "" : "s"}`, `seed ${seed}`].join(
    "   ",
  );
}

function stateText({ testAccuracy, testLoss, clientTestAccuracy, trainLoss }: RoundLine): string {
  const own = clientTestAccuracy === undefined ? [] : [`clients ${percent(clientTestAccuracy)}`];
  const test = testAccuracy === undefined ? [] : [percent(testAccuracy)];
  return [...test, ...own, `loss ${(testLoss ?? trainLoss).toFixed(3)}`].join("  ");
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
