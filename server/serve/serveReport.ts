import { styleText } from "node:util";
import QRCode from "qrcode";
import type { RoundSummary, RunStatus } from "../../shared/protocol/runStatus.ts";
import { operatorTokenPath } from "../identity/operatorToken.ts";
import type { Coordinator } from "../startCoordinator.ts";

/** What a person or a program is told by a running coordinator. */
export interface ServeReport {
  started(coordinator: Coordinator, about: StartFacts): Promise<void>;
  round(summary: RoundSummary): void;
  phase(status: RunStatus): void;
  paused(reason: string): void;
  stopped(coordinator: Coordinator, about: StartFacts): void;
}

export interface StartFacts {
  readonly directory: string;
  /** Name or address by which other machines reach it, if they do. */
  readonly network?: string | undefined;
  readonly numDemoClients: number;
  /** What another terminal gives `join` as its data: "mnist --shard 50/100". */
  readonly joinData: string;
  /** Where a scraper reads, if anywhere. */
  readonly metricsUrl?: string;
  /** How to start again: "npm start" or the command with its run file. */
  readonly command: string;
}

const WHO: Readonly<Record<RunStatus["run"]["identity"], string>> = {
  open: "open: one person can take part under many keys (see SECURITY.md)",
  token: "token: by invitation",
  enrolled: "enrolled: keys on the operator's signed list",
};

const MEAN = "mean: a hostile client moves it as far as an update may go (see SECURITY.md)";
const PLAIN = "none: the coordinator sees each update by itself";

type Write = (text: string) => void;

/** JSON lines on stdout: `started`, one line a round, `stopped`. */
export function jsonServeReport(write: Write): ServeReport {
  const line = (value: object): void => write(`${JSON.stringify(value)}\n`);
  return {
    async started({ url, port, fingerprint, isContinued, status }, { directory, network, metricsUrl }) {
      const { run, live } = status();
      const addresses = { url, port, fingerprint, network, directory, metricsUrl };
      const { runId, identity, aggregation, privacy } = run;
      const modes = { identity, aggregation, privacy };
      line({ started: true, ...addresses, runId, isContinued, round: live.round, ...modes });
    },
    round: line,
    phase: () => {},
    paused: (reason) => line({ paused: true, reason }),
    stopped({ status }) {
      const { version, paramsHash } = status().live;
      line({ stopped: true, rounds: version, paramsHash });
    },
  };
}

/** For a terminal: addresses first, then a line a round. */
export function textServeReport(write: Write): ServeReport {
  const dim = (text: string): string => paint("dim", text);
  const bold = (text: string): string => paint("bold", text);
  let lastAbort = "";
  let ended: string | undefined;

  return {
    async started(coordinator, { directory, network, numDemoClients, joinData, metricsUrl }) {
      const { url, localUrl, port, status, isContinued, fingerprint } = coordinator;
      const { run, live } = status();
      const rounds = run.numRounds === null ? "until you stop it" : `${run.numRounds} rounds`;
      write(`\n  ${bold("Headwater")}   ${run.name}   ${run.model}, ${run.numParams.toLocaleString("en")} params\n`);
      write(`  ${run.quorum} to ${run.goal} clients a round, ${rounds}, ${run.strategy}\n\n`);
      write(`  Page      ${bold(paint("cyan", url))}   open it and press Join to train in your browser\n`);
      if (network !== undefined) {
        // The port's own scheme: the public address may be that of a proxy which adds TLS.
        const lanUrl = `${new URL(localUrl).protocol}//${network.includes(":") ? `[${network}]` : network}:${port}`;
        write(`  Network   ${bold(paint("cyan", lanUrl))}   for phones and other machines on this network\n`);
        write(`${indent(await qrCode(lanUrl))}\n`);
      } else {
        write(`  Network   ${dim("only this machine; start with --lan for an address for phones and a QR code")}\n`);
      }
      write(`  State     ${directory}   ${isContinued ? `goes on after ${live.version} rounds` : "a new run"}\n`);
      write(`  Key       ${fingerprint}\n`);
      write(`  Identity  ${WHO[run.identity]}\n`);
      write(`  Updates   ${run.aggregation === "mean" ? MEAN : `robust by ${run.aggregation}`}\n`);
      write(`  Privacy   ${run.privacy === "none" ? PLAIN : run.privacy}\n`);
      write(`  Operator  token in ${operatorTokenPath(directory)}, for \`headwater runs\` and the page\n`);
      if (metricsUrl !== undefined) write(`  Metrics   ${metricsUrl}\n`);
      const local = numDemoClients > 0 ? `${numDemoClients} local ones in processes of their own` : "none yet";
      write(`  Clients   ${local}; another terminal joins with\n`);
      write(`            npx headwater join ${url} --data ${joinData}\n`);
      write(`  Stop      Ctrl-C\n\n`);
    },
    round(summary) {
      write(`${roundLine(summary)}\n`);
    },
    phase({ live }) {
      if (live.endReason !== undefined && live.endReason !== ended) write(`\n  The run is over: ${live.endReason}\n`);
      ended = live.endReason;
      if (live.phase !== "aborted") return;
      const reason = live.events.findLast(({ kind }) => kind === "round-aborted")?.reason ?? "";
      const line = `  round ${String(live.round + 1).padStart(4)}   attempt ${live.attempt + 1} came to nothing: ${reason}\n`;
      if (line !== lastAbort) write(paint("yellow", line));
      lastAbort = line;
    },
    paused(reason) {
      write(paint("red", `  paused: ${reason}\n`));
    },
    stopped({ status }, { directory, command }) {
      const { version } = status().live;
      const done = version === 1 ? "1 round" : `${version} rounds`;
      write(`\n  Stopped after ${done}. The state is in ${directory}; \`${command}\` goes on from there.\n`);
    },
  };
}

/** Rounds are counted from 1 for people, from 0 for machines. */
function roundLine(summary: RoundSummary): string {
  const { round, accepted, cohort, testAccuracy, testLoss, trainLoss, seconds, metrics = {} } = summary;
  const { clientTestAccuracy, clientTestLoss } = metrics;
  const columns = [`  round ${String(round + 1).padStart(4)}`, `${accepted} of ${cohort} updates`];
  if (testAccuracy !== undefined) columns.push(paint("bold", `${(100 * testAccuracy).toFixed(2).padStart(6)} %`));
  if (testLoss !== undefined) columns.push(`loss ${testLoss.toFixed(4)}`);
  if (clientTestAccuracy !== undefined) columns.push(`held out ${(100 * clientTestAccuracy).toFixed(2)} %`);
  else if (clientTestLoss !== undefined) columns.push(`held-out loss ${clientTestLoss.toFixed(4)}`);
  if (trainLoss !== undefined) columns.push(paint("dim", `training loss ${trainLoss.toFixed(4)}`));
  columns.push(paint("dim", `${seconds.toFixed(1)} s`));
  return columns.join("   ");
}

function paint(style: Parameters<typeof styleText>[0], text: string): string {
  const isColoured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  return isColoured ? styleText(style, text) : text;
}

function indent(text: string): string {
  return text.replace(/^/gm, "            ");
}

/** Dark on light whatever the terminal's colours are; bare blocks where colour is not wanted. */
function qrCode(text: string): Promise<string> {
  const isColoured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  return QRCode.toString(text, isColoured ? { type: "terminal", small: true } : { type: "utf8" });
}
