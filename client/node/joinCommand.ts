import { readFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { EXIT_STATUS } from "../../cli/verb/exitStatus.ts";
import { wholeNumber } from "../../cli/verb/wholeNumber.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import { caOption, readCaFile } from "./caFile.ts";
import { coordinatorOption, OTHER_KEY_HELP, parseCoordinatorKey } from "./coordinatorPin.ts";
import { deviceOptions, statedDevice, statedFacts } from "./deviceOptions.ts";
import { besideIdentity, defaultIdentityPath, IdentityFileError, openIdentityFile } from "./identityFile.ts";
import {
  dataRequest,
  type JoinAddress,
  type JoinCommandOptions,
  parseInvitationText,
  parseJoinAddress,
  parseName,
  parseShard,
} from "./joinOptions.ts";
import { jsonFacts, jsonReport, textReport } from "./joinReport.ts";
import { joinRun } from "./joinRun.ts";
import { loadData } from "./loadData.ts";
import { lockIdentity } from "./lockIdentity.ts";
import { personalFolder } from "./personalFolder.ts";
import { openReceiptFile } from "./receiptFile.ts";
import { type SentTraces, sendTraces } from "./sendTraces.ts";

/** The verb `join`: take part in a run from Node. */
export function joinCommand(): Command {
  const command = new Command("join")
    .description("take part in a run: train on your data in this process; only signed deltas leave it")
    .argument("<url>", "address of the coordinator, of one of its runs, or an invitation's link", parseJoinAddress)
    .option("--data <path>", 'your data: a folder of IDX files, IMAGES,LABELS, a CSV file, or "mnist"')
    .option("--label <column>", "label column of a CSV", "label")
    .option("--shard <part/parts>", "take one of so many equal parts of the data, for instance 1/100", parseShard)
    .option("--seed <n>", "draws the parts of --shard", wholeNumber(0, 2 ** 32 - 1), 1)
    .option("--once", "leave after one round")
    .option("--rounds <n>", "leave after so many rounds", wholeNumber(1))
    .option("--identity <file>", "your key, made on first use; one per client", defaultIdentityPath())
    .option(
      "--receipts <file>",
      "where receipts and what they prove are kept, as JSON lines (default: beside the identity)",
    )
    .option("--base <file>", "checkpoint of what the run's model has frozen, for a run of adapters")
    .addOption(coordinatorOption().argParser(parseCoordinatorKey))
    .addOption(caOption())
    .option("--max-wait <seconds>", "longest wait before trying a lost coordinator again", wholeNumber(1), 30)
    .addOption(
      new Option("--params-over <way>", "fetch params over HTTP, the socket, or whichever works")
        .choices(["auto", "http", "socket"])
        .default("auto"),
    )
    .addOption(
      new Option("--invitation <text>", "what lets a new key into a run by invitation")
        .env("HEADWATER_INVITATION")
        .argParser(parseInvitationText),
    )
    .option("--name <text>", "a name that the coordinator's operator sees", parseName)
    .option("--json", "events as JSON lines on stdout")
    .addHelpText("after", "\nExample:\n  headwater join http://127.0.0.1:8080 --data mnist --shard 1/100 --rounds 10")
    // Not a `requiredOption`: commander would name it as missing before it names a misspelt flag.
    .action(async ({ url, invitation }: JoinAddress, options: JoinCommandOptions, verb: Command) => {
      if (verb.getOptionValue("data") === undefined) {
        verb.error("error: --data is missing: a folder of IDX files, IMAGES,LABELS, a CSV file, or mnist");
      }
      await runJoin(url, { ...(invitation && { invitation }), ...options }, verb);
    });
  for (const option of deviceOptions()) command.addOption(option);
  return command;
}

async function runJoin(url: string, options: JoinCommandOptions, verb: Command): Promise<void> {
  const { identity: identityPath, json = false, coordinator: coordinatorKey } = options;
  const loaded = await loadData(dataRequest(options)).catch(ending(verb));
  const { signer, isNew } = await openIdentityFile(identityPath).catch(ending(verb));
  await holdIdentity(identityPath).catch(ending(verb));
  const receiptPath = options.receipts ?? besideIdentity(identityPath, "receipts.jsonl");
  const receipts = await openReceiptFile(receiptPath);
  const base = await readOptional("--base", options.base).catch(ending(verb));
  const ca = await readCaFile(options.ca).catch(ending(verb));
  const traces = tracesOf(verb);
  const device = statedFacts(options);
  const facts = { url, loaded, publicKey: signer.publicKey, isNewKey: isNew, identityPath, device };
  if (json) process.stdout.write(`${jsonFacts(facts)}\n`);
  const report = json ? jsonReport(process.stdout) : textReport(facts, process.stdout);

  const roundsWanted = options.once === true ? 1 : (options.rounds ?? Number.POSITIVE_INFINITY);
  let roundsDone = 0;
  const client = joinRun({
    url,
    data: loaded.data,
    signer,
    receipts,
    personal: personalFolder(besideIdentity(identityPath, "private")),
    ...(base && { base }),
    ...(ca && { ca }),
    device: statedDevice(device),
    paramsOver: options.paramsOver,
    ...(options.invitation && { invitation: options.invitation }),
    session: {
      longestWaitMs: 1000 * options.maxWait,
      knownCoordinators: receipts.coordinators,
      ...(coordinatorKey !== undefined && { coordinatorKey }),
    },
    software: `headwater node${options.name === undefined ? "" : ` (${options.name})`}`,
    onEvent(event: ClientEvent) {
      report.show(event);
      traces?.show(event);
      if (event.kind === "kept") roundsDone++;
      if (event.kind === "finished" || roundsDone >= roundsWanted) client.leave();
    },
  });

  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(EXIT_STATUS.interrupted); // asked twice: at once
    interrupted = true;
    client.leave();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const end = await client.done;
  await traces?.close();
  process.off("SIGINT", interrupt);
  process.off("SIGTERM", interrupt);
  if (end.reason === "refused") {
    const help = end.code === "BAD_KEY" ? `. ${OTHER_KEY_HELP}` : "";
    process.stderr.write(`headwater: this client does not take part: ${end.code}: ${end.message}${help}\n`);
    process.exitCode = EXIT_STATUS.failed;
  } else if (interrupted) {
    process.exitCode = EXIT_STATUS.interrupted;
  }
}

/** @throws IdentityFileError if another client of this machine takes part under this key. */
async function holdIdentity(path: string): Promise<void> {
  if ((await lockIdentity(path)) !== undefined) return;
  throw new IdentityFileError(
    `another client on this machine uses ${path}; give this one a key of its own with --identity FILE`,
  );
}

/** What it holds is checked where it is used. @throws DataFormatError if there is no such file. */
async function readOptional(flag: string, path: string | undefined): Promise<Uint8Array | undefined> {
  try {
    return path === undefined ? undefined : new Uint8Array(await readFile(path));
  } catch (error) {
    throw new DataFormatError(`${flag} ${path} cannot be read: ${(error as Error).message}`);
  }
}

function tracesOf(verb: Command): SentTraces | undefined {
  try {
    return sendTraces(process.env);
  } catch (error) {
    return wrongUsage(verb, (error as Error).message);
  }
}

/** A file that the person can mend is wrong usage; any other failure stays what it is. */
function ending(verb: Command): (error: unknown) => never {
  return (error) => {
    if (error instanceof DataFormatError || error instanceof IdentityFileError) wrongUsage(verb, error.message);
    throw error;
  };
}
