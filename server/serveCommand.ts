import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT_STATUS } from "../cli/verb/exitStatus.ts";
import { wholeNumber } from "../cli/verb/wholeNumber.ts";
import { wrongUsage } from "../cli/verb/wrongUsage.ts";
import { DataFormatError } from "../shared/data/dataFormatError.ts";
import { withDefaults } from "./configuration/withDefaults.ts";
import { createLogger, LOG_LEVELS, type LogLevel } from "./logger.ts";
import { DEFAULT_TIMING } from "./rounds/run.ts";
import { type DemoClients, startDemoClients } from "./serve/demoClients.ts";
import { loadDemoData } from "./serve/demoData.ts";
import { DEMO_RUN, DEMO_SHARDS } from "./serve/demoRun.ts";
import { explainStartError } from "./serve/explainStartError.ts";
import { hearHangup } from "./serve/hangup.ts";
import { loadRootData } from "./serve/loadRootData.ts";
import { loadTestData } from "./serve/loadTestData.ts";
import { networkHost } from "./serve/networkHost.ts";
import { openInBrowser } from "./serve/openInBrowser.ts";
import { type Operations, type OperationsSettings, prepareOperations } from "./serve/operations.ts";
import { addOperationsOptions, type OperationsOptions } from "./serve/operationsOptions.ts";
import { readRoster } from "./serve/readRoster.ts";
import { type RunFile, readRunFile } from "./serve/runFile.ts";
import { jsonServeReport, type StartFacts, textServeReport } from "./serve/serveReport.ts";
import { type Coordinator, startCoordinator } from "./startCoordinator.ts";
import { basePathOf } from "./transport/mountBelow.ts";
import { DEFAULT_TRANSPORT_LIMITS } from "./transport/transportLimits.ts";
import { parseTrustProxy, type TrustProxy } from "./transport/trustedProxy.ts";

interface ServeOptions extends OperationsOptions {
  readonly port: number;
  readonly host?: string;
  readonly lan?: boolean;
  readonly data: string;
  readonly demoClients?: number;
  readonly maxDisk: number;
  readonly allowOrigin?: readonly string[];
  readonly trustProxy?: TrustProxy;
  readonly publicUrl?: string;
  readonly roster?: string;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly logLevel: LogLevel;
}

const DEFAULT_DEMO_CLIENTS = 4;

/** The verb `serve`: start a coordinator, by default with a demonstration run and a few local clients. */
export function serveCommand(): Command {
  const option = (flags: string, text: string, env: string): Option => new Option(flags, text).env(`HEADWATER_${env}`);
  const verb = new Command("serve")
    .description("start a coordinator; without RUN.json: a demonstration run on MNIST with local clients")
    .argument("[run]", "RUN.json: name, model, cohort, local plan, rounds, test data")
    .addOption(
      option("--port <n>", "port; 0 takes any free one", "PORT").argParser(wholeNumber(0, 65_535)).default(8080),
    )
    .addOption(option("--host <address>", "address to listen on (default: 127.0.0.1, this machine only)", "HOST"))
    .addOption(option("--lan", "listen on the local network, and print a QR code for phones", "LAN").conflicts("host"))
    .addOption(option("--data <dir>", "folder that keeps the run", "DATA").default("./headwater-data"))
    .addOption(
      option(
        "--demo-clients <n>",
        "local MNIST clients to start (default: 4 without RUN.json, else 0)",
        "DEMO_CLIENTS",
      ).argParser(wholeNumber(0, 64)),
    )
    .addOption(
      option("--max-disk <mib>", "open no more rounds once the folder holds more", "MAX_DISK")
        .argParser(wholeNumber(1, 2 ** 30))
        .default(4096),
    )
    .addOption(
      option("--allow-origin <origin...>", "further origins whose pages may join", "ALLOW_ORIGIN").argParser(origins),
    )
    .addOption(
      option(
        "--trust-proxy [proxies]",
        "believe X-Forwarded-* of reverse proxies: one, so many in a row, or those of ADDRESS,RANGE/BITS",
        "TRUST_PROXY",
      )
        .preset("true")
        .argParser(valid(parseTrustProxy)),
    )
    .addOption(
      option("--public-url <url>", "address that people use, with the path a proxy serves it below", "PUBLIC_URL") //
        .argParser(valid(publicUrl)),
    )
    .addOption(
      option("--max-per-address <n>", "connections open at once from one network address", "MAX_PER_ADDRESS")
        .argParser(wholeNumber(1, 100_000))
        .default(DEFAULT_TRANSPORT_LIMITS.maxConnectionsPerAddress),
    )
    .addOption(
      option("--connects-per-second <n>", "new connections from one address; 8 s' worth at once", "CONNECTS_PER_SECOND")
        .argParser(wholeNumber(1, 10_000))
        .default(DEFAULT_TRANSPORT_LIMITS.connectsPerSecond),
    )
    .addOption(option("--roster <file>", "signed list of the keys that may take part", "ROSTER"))
    .addOption(option("--open", "open the page in a browser", "OPEN"))
    .addOption(option("--json", "one JSON line a round on stdout", "JSON"))
    .addOption(
      option("--log-level <level>", "structured logs on stderr", "LOG_LEVEL").choices(LOG_LEVELS).default("warn"),
    );
  return addOperationsOptions(verb)
    .addHelpText("after", "\nExample:\n  headwater serve run.json --lan --data ./my-run")
    .action(serve);
}

/** Commander names the flag in front of what was wrong with its value. */
function valid<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

/** One or, with commas between, several, as an environment variable says them. */
function origins(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(",").map((origin) => origin.trim())];
}

function publicUrl(text: string): string {
  basePathOf(text);
  return text;
}

/** What a person types to start again: with the folder and the port, if they named one. */
function startCommand(runPath: string | undefined, { data, port }: ServeOptions, verb: Command): string {
  const isNamed = (name: string): boolean => verb.getOptionValueSource(name) === "cli";
  const flags = [...(isNamed("data") ? ["--data", data] : []), ...(isNamed("port") ? ["--port", String(port)] : [])];
  const words =
    runPath === undefined ? ["npm start", ...(flags.length > 0 ? ["--"] : [])] : ["headwater serve", runPath];
  return [...words, ...flags].join(" ");
}

async function serve(runPath: string | undefined, options: ServeOptions, verb: Command): Promise<void> {
  const hangup = hearHangup(); // first of all: until then SIGHUP would end the process
  process.umask(0o077); // the data folder may have been there already, open to others: SQLite makes its files by this
  const logger = createLogger(options.logLevel);
  const operations = operationsOf({ verb, logger, env: process.env, hangup }); // options hold what the configuration file says from here on
  try {
    await serveWith(operations, runPath, options, verb, logger);
  } finally {
    await operations.close(); // also after a start that failed: its timers would keep the process alive
  }
}

async function serveWith(
  operations: Operations,
  runPath: string | undefined,
  options: ServeOptions,
  verb: Command,
  logger: ReturnType<typeof createLogger>,
): Promise<void> {
  const { live, telemetry, tls } = operations;
  const host = options.lan === true ? "0.0.0.0" : (options.host ?? "127.0.0.1");
  const directory = resolve(options.data);
  const write = (text: string): void => void process.stdout.write(text);
  const report = options.json === true ? jsonServeReport(write) : textServeReport(write);
  const wanted = options.demoClients ?? (runPath === undefined ? DEFAULT_DEMO_CLIENTS : 0);
  const numDemoClients = tls === undefined ? wanted : 0; // a certificate is for a name, local clients come by address
  const command = startCommand(runPath, options, verb);
  let pausedReason: string | undefined;

  const runFile =
    runPath === undefined
      ? DEMO_RUN
      : await readRunFile(runPath).catch((error: Error) => wrongUsage(verb, error.message));
  const data = await dataOf(runFile).catch((error: Error) => {
    if (error instanceof DataFormatError) wrongUsage(verb, error.message);
    throw error;
  });
  const roster =
    options.roster === undefined
      ? undefined
      : await readRoster(options.roster).catch((error: Error) => wrongUsage(verb, error.message));
  const joinData = runFile.testSource === "mnist" ? "mnist --shard 50/100" : "YOUR.csv";
  const facts: StartFacts = { directory, network: networkHost(host), numDemoClients, joinData, command };
  let coordinator: Coordinator | undefined;
  try {
    coordinator = await startCoordinator({
      plan: runFile.plan,
      model: runFile.model,
      directory,
      host,
      port: options.port,
      logger,
      telemetry,
      ...(tls && { tls }),
      timing: withDefaults({ ...DEFAULT_TIMING, minRoundMs: runFile.minRoundMs }, live.timing),
      ...(runFile.testSource === "mnist" ? { testSource: runFile.testSource } : {}),
      maxDiskBytes: () => live.current.maxDisk * 2 ** 20,
      allowedOrigins: live.allowedOrigins,
      trustProxy: options.trustProxy ?? false,
      ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
      ...(roster && { roster }),
      // --max-per-address and --connects-per-second are among the live limits.
      limits: withDefaults(DEFAULT_TRANSPORT_LIMITS, live.transport),
      onRound: report.round,
      onPhase(status) {
        report.phase(status);
        const reason = coordinator?.paused();
        if (reason !== undefined && reason !== pausedReason) report.paused(reason);
        pausedReason = reason;
      },
      ...data,
    });
  } catch (error) {
    throw new Error(explainStartError(error, { host, port: options.port, directory }), { cause: error });
  }
  const stopSignal = waitForSignal();
  const metricsUrl = await operations.begin(coordinator).catch(async (error: Error) => {
    await coordinator.close();
    throw error;
  });
  await report.started(coordinator, { ...facts, ...(metricsUrl && { metricsUrl }) });
  if (options.open === true) openInBrowser(coordinator.url);
  const clients = demoClients(coordinator, facts, logger);

  const signal = await stopSignal;
  await coordinator.finishRounds(1000 * live.current.drainSeconds);
  // The coordinator first: clients that leave would end the open attempt, which the next start resumes.
  await Promise.all([coordinator.close(), clients?.stop()]);
  report.stopped(coordinator, facts);
  if (signal === "SIGINT") process.exitCode = EXIT_STATUS.interrupted;
}

function operationsOf(settings: OperationsSettings): Operations {
  try {
    return prepareOperations(settings);
  } catch (error) {
    return wrongUsage(settings.verb, (error as Error).message);
  }
}

/** The test set, and for the demonstration samples for the page. */
async function dataOf(runFile: RunFile) {
  if (runFile === DEMO_RUN) {
    const { test, sample } = await loadDemoData();
    return { testData: test, sample };
  }
  const { testSource, rootSource } = runFile;
  return {
    ...(testSource && { testData: await loadTestData(testSource) }),
    ...(rootSource && { rootData: await loadRootData(rootSource) }),
  };
}

function demoClients(
  { localUrl }: Coordinator,
  { directory, numDemoClients }: StartFacts,
  logger: ReturnType<typeof createLogger>,
): DemoClients | undefined {
  if (numDemoClients === 0) return undefined;
  return startDemoClients({
    url: localUrl,
    numClients: numDemoClients,
    numShards: DEMO_SHARDS,
    directory: join(directory, "demo-clients"),
    logger,
  });
}

/** The first signal stops in good order, the second at once. */
function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(EXIT_STATUS.interrupted);
      isStopping = true;
      resolve(signal);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
